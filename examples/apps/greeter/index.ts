import { promisify } from 'node:util'
import { type RunningApp, runWhenMain, type StartOptions } from '../http.ts'
import { createHandlers } from './handlers.ts'
import { loadGreeter } from './service.ts'

// A gRPC service, over HTTP/2 without TLS. Its calls are `POST /examples.Greeter/<method>`.

/**
 * Starts the service.
 * @returns its `url` begins with `h2c:`, as an upstream's does
 * @throws when `@grpc/grpc-js` or `@grpc/proto-loader` is not installed, saying how to install them
 */
export async function start ({ port = 0, host = '127.0.0.1' }: StartOptions = {}): Promise<RunningApp> {
  const { grpc, service } = await loadGreeter()
  const server = new grpc.Server()
  server.addService(service, createHandlers(grpc))
  const name = host.includes(':') ? `[${host}]` : host
  const bound = await promisify(server.bindAsync.bind(server))(`${name}:${port}`, grpc.ServerCredentials.createInsecure())
  return {
    url: `h2c://${name}:${bound}`,
    async close () {
      const closed = promisify(server.tryShutdown.bind(server))()
      server.forceShutdown()
      await closed
    },
  }
}

runWhenMain(import.meta.url, start)
