import type { Test } from 'tap'
import type { GatewayError } from '../../../lib/errors.ts'
import type { Location } from '../../../lib/location.ts'
import { ResponseBody } from '../../../lib/downstream/response-body.ts'
import type { UpstreamResponse } from '../../../lib/dispatch/response-assembly.ts'
import { Dispatcher } from '../../../lib/dispatch/dispatcher.ts'
import type { Exchange, UpstreamRequest } from '../../../lib/dispatch/exchange.ts'
import { createExchange } from './fakes.ts'
import { createLocation, type LocationChanges } from '../locations.ts'

/** A location that waits longer than any machine is slow, where a test says nothing else. */
export function locationOf (changes: LocationChanges): Location {
  return createLocation({
    ...changes,
    timeouts: { connect: 20_000, headers: 20_000, body: 20_000, ...changes.timeouts },
  })
}

/** A dispatcher with its own clock, destroyed with the test. */
export function createDispatcher (t: Test, location: Location): Dispatcher {
  const dispatcher = new Dispatcher(location)
  t.teardown(() => dispatcher.destroy())
  return dispatcher
}

/** Sends a request. Resolves to its answer, or to the error that ends it without one. */
export function dispatch (
  dispatcher: Dispatcher,
  request: Partial<UpstreamRequest> = {}
): { exchange: Exchange; failures: GatewayError[]; result: Promise<UpstreamResponse | GatewayError> } {
  let resolve!: (result: UpstreamResponse | GatewayError) => void
  const result = new Promise<UpstreamResponse | GatewayError>(_resolve => {
    resolve = _resolve
  })
  const { exchange, failures } = createExchange(dispatcher.location, request, answer => resolve(answer))
  const { fail } = exchange
  exchange.fail = error => {
    fail.call(exchange, error)
    resolve(error)
  }
  dispatcher.forward(exchange)
  return { exchange, failures, result }
}

/** The body of an answer as text, whichever form it has. */
export async function textOf (result: UpstreamResponse | GatewayError): Promise<string> {
  if (!('body' in result)) throw result
  const { body } = result
  if (body instanceof ResponseBody) return Buffer.concat(await body.toArray()).toString('latin1')
  return body === null ? '' : body.toString('latin1')
}

/** Requests that hold a lease of one of a dispatcher's upstreams. */
export function inFlightOf ({ pool }: Dispatcher): number {
  return pool.upstreams.reduce((sum, { inFlight }) => sum + inFlight, 0)
}
