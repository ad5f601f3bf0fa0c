import { once } from 'node:events'
import type net from 'node:net'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'

/** Lets a server listen on a free port until the test ends. */
export async function listen (t: Test, server: net.Server): Promise<void> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
}

export function portOf (server: net.Server): number {
  return (server.address() as AddressInfo).port
}
