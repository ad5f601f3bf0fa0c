import type { OutgoingHttpHeaders } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { stopWatching } from '../lib/client/watch-for-end.ts'
import type { Tunnel } from '../lib/tunnel/tunnel.ts'

/**
 * Sends the response that switches protocols, whose headers the reply has already, and ties the client to the upstream. For
 * Fastify the response is finished when the client's connection is closed: then its onResponse hooks run.
 */
export function joinTunnel ({ raw: { socket } }: FastifyRequest, reply: FastifyReply, tunnel: Tunnel): void {
  const { raw: response } = reply
  reply.hijack()
  socket.once('close', () => response.emit('finish'))
  reply.header('connection', 'Upgrade').header('upgrade', tunnel.protocol)
  response.writeHead(101, reply.getHeaders() as OutgoingHttpHeaders)
  response.flushHeaders()
  // From here on the connection's end is the tunnel's affair, and no end of a response.
  response.detachSocket(socket)
  stopWatching(socket)
  tunnel.join(socket)
}
