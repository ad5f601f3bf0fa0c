// A gateway in a process of its own, for tests that measure its memory or its end. The options come as JSON in the
// first argument; it takes the messages `memory` and `close`, and ends by itself when nothing keeps it alive any more.
import type { AddressInfo } from 'node:net'
import Fastify from 'fastify'
import gateway from '../../index.ts'

const fastify = Fastify()
await fastify.register(gateway, JSON.parse(process.argv[2]!))
await fastify.listen({ port: 0, host: '127.0.0.1' })

process.on('message', async message => {
  if (message === 'close') {
    await fastify.close()
    process.disconnect()
    return
  }
  globalThis.gc?.()
  process.send!(process.memoryUsage())
})
process.send!({ port: (fastify.server.address() as AddressInfo).port })
