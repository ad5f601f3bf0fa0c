import type { Stream } from 'node:stream'
import type { UpstreamResponse } from '../../../lib/dispatch/response-assembly.ts'
import { Exchange, type UpstreamRequest } from '../../../lib/dispatch/exchange.ts'
import type { GatewayError } from '../../../lib/errors.ts'
import type { Result } from '../../../lib/health/outlier-detector.ts'
import type { Location } from '../../../lib/location.ts'
import type { Lease } from '../../../lib/pool/lease.ts'

/** A clock that stands until it is moved. */
export function createClock () {
  let time = 1000
  return { now: () => time, advance: (by: number) => { time += by } }
}

/** An exchange, and what it failed with. */
export function createExchange (
  location: Location,
  request: Partial<UpstreamRequest> = {},
  answered: (answer: UpstreamResponse) => void = () => {}
): { exchange: Exchange; failures: GatewayError[] } {
  const failures: GatewayError[] = []
  const whole = {
    method: 'GET',
    path: '/',
    host: undefined,
    ownHost: undefined,
    headers: [],
    body: null,
    upgrade: null,
    trailers: null,
    hashKey: undefined,
    acceptsTrailers: false,
    ...request,
  }
  const exchange = new Exchange(location, whole, null, { onInterim () {}, onFailure: error => failures.push(error) })
  exchange.expectResponse(() => answered(exchange.response!))
  return { exchange, failures }
}

/** Waits for the end of a stream, in whichever way it ends; `once(stream, 'close')` would throw its error. */
export async function closeOf (stream: Stream): Promise<void> {
  await new Promise(resolve => { stream.once('close', resolve) })
}

/** A lease of no upstream, and what an attempt did with it. */
export function createLease (): Lease & { released: number, reported: Result[] } {
  const lease = {
    released: 0,
    reported: [] as Result[],
    isProbe: false,
    get isReleased () { return this.released > 0 },
    release () { this.released++ },
    recordResult (result: Result) { this.reported.push(result) },
  }
  return lease as unknown as Lease & typeof lease
}
