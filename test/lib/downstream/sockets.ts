import { once } from 'node:events'
import net, { type AddressInfo, type Server, type Socket } from 'node:net'
import type { Test } from 'tap'

/** Both ends of a connection over the loopback, half-open as those of an HTTP server. Closed with the test. */
export async function connectPair (t: Test): Promise<{ client: Socket, server: Socket }> {
  const listener = net.createServer({ allowHalfOpen: true })
  await listen(t, listener)
  const client = net.connect({ port: portOf(listener), host: '127.0.0.1', allowHalfOpen: true })
  const [server] = await once(listener, 'connection') as [Socket]
  t.teardown(() => [client, server].forEach(socket => socket.destroy()))
  for (const socket of [client, server]) socket.on('error', () => {})
  return { client, server }
}

export async function listen (t: Test, server: Server): Promise<void> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
}

export function portOf (server: Server): number {
  return (server.address() as AddressInfo).port
}

/** Everything that arrives until the other end has ended. */
export async function readAll (socket: Socket): Promise<string> {
  let text = ''
  socket.on('data', chunk => { text += chunk.toString('latin1') })
  await once(socket, 'end')
  return text
}
