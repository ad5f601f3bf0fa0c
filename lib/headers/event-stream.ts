import { mediaTypeOf } from './media-type.ts'
import type { HeaderRecord } from './response.ts'

/** Whether an answer is a stream of server-sent events (WHATWG HTML, 9.2), whatever the case and the parameters of its type. */
export function isEventStream (headers: HeaderRecord): boolean {
  const type = headers['content-type']
  return typeof type === 'string' && mediaTypeOf(type) === 'text/event-stream'
}

/** What an event stream is sent with: nothing on its way may store, transform or hold it back. */
export function prepareEventStream (headers: HeaderRecord): void {
  delete headers['content-length']
  headers['cache-control'] = 'no-cache'
  // nginx's switch for its own buffering.
  headers['x-accel-buffering'] = 'no'
}
