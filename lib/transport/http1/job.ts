import type { OutgoingRequest, TransportHandler } from '../transport.ts'
import type { Connection } from './connection.ts'
import type { RequestHead } from './request-head.ts'

/** A request on its way, and who is told of it. */
export interface Job {
  request: OutgoingRequest
  head: RequestHead
  handler: TransportHandler
}

/** Whose connection it is. */
export interface Owner {
  /** It has no request now, and can take another. */
  freed (connection: Connection): void
  /** It is no more, or is somebody else's. Called once. */
  closed (connection: Connection): void
}
