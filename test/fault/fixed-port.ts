import { once } from 'node:events'
import net from 'node:net'
import { randomInt } from 'node:crypto'

/**
 * A free port that is not among those which the system hands out to connections: something can stop listening on it and
 * start again. On one of those, in the meantime, the system might give it to a connection that is made to it, which
 * then is connected to itself.
 */
export async function findFixedPort (): Promise<number> {
  for (;;) {
    const server = net.createServer()
    const port = randomInt(20_000, 32_000)
    try {
      await listenOn(server, port)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') continue
      throw error
    }
    await closeServer(server)
    return port
  }
}

export async function listenOn (server: net.Server, port: number): Promise<void> {
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
}

/** Stops listening. Resolves when the last connection has ended. */
export async function closeServer (server: net.Server): Promise<void> {
  await new Promise(resolve => server.close(resolve))
}
