import { type Dispatcher, Pool } from 'undici'
import type { Candidate } from '../balancer/round-robin.ts'
import type { Timeouts, UpstreamTarget } from '../location/types.ts'
import { createConnector } from './connector.ts'

// Below what servers usually keep (gunicorn 2 s, uvicorn and Node 5 s), so that a connection is not used in the moment
// in which its other end closes it. A server that announces its time (`Keep-Alive: timeout=5`) gets it less 2 s.
const KEEP_ALIVE_TIMEOUT = 1500

/** An address that serves an app: what is configured of it, its connections, and what it is doing. */
export class Upstream implements Candidate {
  readonly target: UpstreamTarget
  readonly connections: Dispatcher
  /** Balance of round robin. */
  score = 0
  /** Requests that it has been given and that have not ended. */
  inFlight = 0

  constructor (target: UpstreamTarget, connections: Dispatcher) {
    this.target = target
    this.connections = connections
  }

  get weight (): number {
    return this.target.weight
  }
}

/**
 * The connections to one address, kept alive and reused. Their number is bounded by the requests under way, each of
 * which holds a client connection. The times of an answer are kept by the attempt; undici's own are off.
 */
export function openConnections (target: UpstreamTarget, timeouts: Timeouts): Dispatcher {
  return new Pool(target.origin, {
    connections: null,
    pipelining: 1,
    allowH2: false,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT,
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: createConnector(target, timeouts.connect),
  })
}
