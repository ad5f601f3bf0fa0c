import type { HeaderRecord } from '../headers/response.ts'

const EVENT_STREAM = /^\s*text\/event-stream\s*(?:;|$)/i

/**
 * Whether a response is a stream of server-sent events (WHATWG HTML, 9.2), whatever the case and the parameters of its
 * type.
 */
export function isEventStream (headers: HeaderRecord): boolean {
  const type = headers['content-type']
  return typeof type === 'string' && EVENT_STREAM.test(type)
}

/** Headers that keep proxies from storing, transforming or buffering an event stream. */
export function prepareEventStream (headers: HeaderRecord): void {
  delete headers['content-length']
  headers['cache-control'] = 'no-cache'
  // nginx's switch for its own buffering.
  headers['x-accel-buffering'] = 'no'
}
