import type { Configuration } from '../../lib/configuration/resolve.ts'
import type { HealthUpdate } from '../../lib/health/health-follower.ts'
import type { PlainError } from './serialize-error.ts'

/** What the probes of one address have shown, last. */
export interface AddressFinding extends HealthUpdate {
  /** Of the location that it was probed for. */
  prefix: string
  /** By `identityOf()`. */
  address: string
}

/** All that a worker runs with. */
export interface WorkerSettings {
  configuration: Configuration
  host: string
  port: number
  isInteractive: boolean
  isDebug: boolean
  /** What is known of the upstreams before it accepts a connection. */
  findings: readonly AddressFinding[]
}

/** From the primary. `start` comes first, and once. */
export type ToWorker =
  | { type: 'start', settings: WorkerSettings }
  | { type: 'found', finding: AddressFinding }
  /** Another worker has taken its place. */
  | { type: 'retire' }
  /** The gateway stops; also while the worker retires. */
  | { type: 'stop' }

/** From a worker: it can be told something, it listens or has failed to, and when it was told to go, it is done. */
export type ToPrimary =
  /** node loses what is sent before: it gives that to its own listener, while the worker's modules are still loaded. */
  | { type: 'ready' }
  | { type: 'listening', address: string }
  | { type: 'failed', error: PlainError }
  /** Nothing is under way. The primary answers by disconnecting it; see `WorkerProcess`. */
  | { type: 'done' }
