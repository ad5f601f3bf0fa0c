import type { OutgoingRequest, TransportHandler } from '../../../lib/transport/transport.ts'

/** The simplest request. */
export const GET: OutgoingRequest = { method: 'GET', path: '/', headers: ['host', 'upstream.test'], body: null, upgrade: null, trailers: null }

/** Takes everything and remembers nothing. */
export const silentHandler: TransportHandler = {
  onConnect () {},
  onBodySent () {},
  onHeaders: () => true,
  onUpgrade () {},
  onData: () => true,
  onRead () {},
  onComplete () {},
  onError () {},
}
