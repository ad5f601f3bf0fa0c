import { once } from 'node:events'
import net, { type AddressInfo } from 'node:net'

/**
 * Finds out whether an address can be listened on, by doing so for a moment, and the port that the system chooses for 0. It is
 * told once and before there is any worker; and a worker that replaces the last one, with which node closes the listening
 * socket, comes back on the same port.
 * @throws what the system says of the address (`EADDRINUSE`, `EACCES`, ...)
 */
export async function findPort (host: string, port: number): Promise<number> {
  const server = net.createServer().listen({ host, port })
  await once(server, 'listening')
  const found = (server.address() as AddressInfo).port
  server.close()
  await once(server, 'close')
  return found
}
