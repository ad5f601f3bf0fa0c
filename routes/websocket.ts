import type { OutgoingHttpHeaders } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { detachConnection } from '../lib/downstream/node-internals.ts'
import { stopWatching } from '../lib/downstream/upgrade.ts'
import type { Tunnel } from '../lib/tunnel/tunnel.ts'

/**
 * Sends the response that switches protocols, whose headers the reply has already, and ties the client to the upstream.
 */
export function joinTunnel ({ raw: { socket } }: FastifyRequest, reply: FastifyReply, tunnel: Tunnel): void {
  const { raw: response } = reply
  reply.hijack()
  reply.header('connection', 'Upgrade').header('upgrade', tunnel.protocol)
  response.writeHead(101, reply.getHeaders() as OutgoingHttpHeaders)
  response.flushHeaders()
  detachConnection(response, socket)
  stopWatching(socket)
  tunnel.join(socket)
}
