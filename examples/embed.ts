import Fastify, { type FastifyInstance } from 'fastify'
import gateway from '../index.ts'
import { type RunningApp, runWhenMain, serve, type StartOptions } from './apps/http.ts'

// The gateway in a host server: the routes of that stay as they are, the gateway adds those of its apps.

/** The server, ready to listen; closing it stops the app behind it too. */
export async function build (): Promise<FastifyInstance> {
  const fastify = Fastify({ forceCloseConnections: true })

  fastify.get('/', async () => ({ hello: 'from the server itself', open: '/greetings/' }))
  fastify.get('/health', async () => ({ status: 'ok' }))

  const greetings = await startGreetings()
  fastify.addHook('onClose', () => greetings.close())
  await fastify.register(gateway, {
    apps: [{ name: 'greetings', upstreams: [{ url: greetings.url, weight: 1 }] }],
  })
  return fastify
}

/** The app behind it: usually a process of its own, somewhere else. */
function startGreetings (): Promise<RunningApp> {
  return serve({
    'GET /': (request, response) => response.end(`Hello from ${request.headers.host}, asked for ${request.url}\n`),
  })
}

async function start ({ port, host }: StartOptions): Promise<RunningApp> {
  const fastify = await build()
  const url = await fastify.listen({ port: port ?? 0, host: host ?? '127.0.0.1' })
  return { url, close: () => fastify.close() }
}

runWhenMain(import.meta.url, start)
