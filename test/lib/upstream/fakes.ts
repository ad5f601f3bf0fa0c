import type { Stream } from 'node:stream'
import { Exchange, type UpstreamRequest } from '../../../lib/upstream/exchange.ts'
import type { GatewayError } from '../../../lib/errors.ts'
import type { Location } from '../../../lib/location/types.ts'

/** A clock that stands until it is moved. */
export function createClock () {
  let time = 1000
  return { now: () => time, advance: (by: number) => { time += by } }
}

/** An exchange, and what it failed with. */
export function createExchange (location: Location, request: Partial<UpstreamRequest> = {}): { exchange: Exchange, failures: GatewayError[] } {
  const failures: GatewayError[] = []
  const whole = { method: 'GET', path: '/', host: undefined, headers: [], body: null, ...request }
  return { exchange: new Exchange(location, whole, error => failures.push(error)), failures }
}

/** Waits for the end of a stream, in whichever way it ends; `once(stream, 'close')` would throw its error. */
export async function closeOf (stream: Stream): Promise<void> {
  await new Promise(resolve => { stream.once('close', resolve) })
}
