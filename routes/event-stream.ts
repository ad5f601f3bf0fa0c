import type { FastifyReply } from 'fastify'
import type { EventStreamBody } from '../lib/event-stream/event-stream-body.ts'

/**
 * Passes a `text/event-stream` on raw: the head leaves at once, chunks as they come, without a buffer, a parser or a
 * time limit, and the upstream's request is aborted when the client leaves. The raw pipe is the body's own, inside of
 * `reply.send`; with `reply.hijack` the `onSend` hooks of the scope and those above it (CORS, cookies) would not see
 * the head.
 */
export function sendEventStream (reply: FastifyReply, body: EventStreamBody): void {
  reply.send(body)
}
