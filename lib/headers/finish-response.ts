import { isEventStream, prepareEventStream } from './event-stream.ts'
import type { HeaderRecord } from './response.ts'

/** What the gateway itself has to say in an answer's headers. */
export interface ResponseContext {
  requestId: string
  /** The gateway is stopping: the client is to open its next connection elsewhere. */
  isDraining: boolean
}

/**
 * Gives an upstream's headers the last touch before they go to the client.
 * @param headers - end-to-end headers of the answer; changed in place
 */
export function finishResponseHeaders (headers: HeaderRecord, context: ResponseContext): HeaderRecord {
  if (isEventStream(headers)) prepareEventStream(headers)
  headers['x-request-id'] ??= context.requestId
  if (context.isDraining) headers.connection = 'close'
  return headers
}
