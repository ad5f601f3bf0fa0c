import type { Configuration } from '../../lib/configuration/resolve.ts'
import type { HealthUpdate } from '../../lib/health/health-follower.ts'
import type { SerializedError } from './serialize-error.ts'

/** Result of the last probe of one address. */
export interface AddressHealth extends HealthUpdate {
  /** Of the location that the address was probed for. */
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
  /** Health of the upstreams, to be known before the worker accepts a connection. */
  health: readonly AddressHealth[]
}

/** From the primary. `start` comes first, and once. */
export type ToWorker =
  | { type: 'start', settings: WorkerSettings }
  | { type: 'health', health: AddressHealth }
  /** Another worker has replaced this one: finish what is under way, and exit. */
  | { type: 'drain' }
  /** The gateway stops; may also come while the worker drains. */
  | { type: 'stop' }

/** From a worker. */
export type ToPrimary =
  /**
   * It can receive messages. While its modules are loaded, node passes messages to its own listener, and they are lost.
   */
  | { type: 'ready' }
  | { type: 'listening', address: string }
  /** It could not start. */
  | { type: 'failed', error: SerializedError }
  /** Nothing is under way any more. The primary then disconnects the worker; see `WorkerProcess`. */
  | { type: 'done' }
