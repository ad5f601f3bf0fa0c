import type { Stream } from 'node:stream'
import { Exchange, type UpstreamRequest } from '../../../lib/upstream/exchange.ts'
import type { GatewayError } from '../../../lib/errors.ts'
import type { Location, Timeouts, UpstreamTarget } from '../../../lib/location/types.ts'

/** A clock that stands until it is moved. */
export function createClock () {
  let time = 1000
  return { now: () => time, advance: (by: number) => { time += by } }
}

export function createTarget (origin: string, changes: Partial<UpstreamTarget> = {}): UpstreamTarget {
  const url = new URL(origin)
  return {
    url: origin, origin: url.origin, isSecure: url.protocol === 'https:', host: url.host, basePath: '', weight: 1, ca: null, insecure: false, ...changes,
  }
}

export type LocationChanges = Partial<Omit<Location, 'timeouts'>> & { timeouts?: Partial<Timeouts> }

export function createLocation (changes: LocationChanges = {}): Location {
  return {
    name: 'shop',
    prefix: '/shop',
    kind: 'app',
    upstreams: [],
    rewrite: null,
    addSlashes: false,
    addForwardedHost: true,
    rewriteHost: 'auto',
    fastapiRedirect: false,
    redirectCache: true,
    prefixAware: false,
    cookiePath: 'rewrite',
    openapi: null,
    ...changes,
    timeouts: { connect: 1000, headers: 100, body: 50, stream: 0, request: 0, ...changes.timeouts },
  }
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
