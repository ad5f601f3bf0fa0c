import Fastify from 'fastify'
import { type RunningApp, runWhenMain, type StartOptions } from '../http.ts'
import { demoPackages, loadPackages } from '../packages.ts'
import { createDirectory } from './directory.ts'
import { addRoutes } from './routes.ts'

// A user directory as one writes it with Fastify, with its documentation at /docs. It believes that it owns the whole
// site: nothing here knows that a gateway may have put it under a prefix.

/**
 * Starts the app.
 * @throws when `@fastify/swagger` or `@fastify/swagger-ui` is not installed, saying how to install them
 */
export async function start ({ port = 0, host = '127.0.0.1' }: StartOptions = {}): Promise<RunningApp> {
  const [{ default: swagger }, { default: swaggerUi }] = await loadPackages(demoPackages, () => Promise.all([import('@fastify/swagger'), import('@fastify/swagger-ui')]))
  const fastify = Fastify({ forceCloseConnections: true })
  await fastify.register(swagger, {
    openapi: {
      info: { title: 'Users', version: '1.0.0', description: 'A user directory, kept in memory.' },
      tags: [{ name: 'users', description: 'The people of the directory' }],
    },
  })
  await fastify.register(swaggerUi, { routePrefix: '/docs' })
  // In a scope of its own, so that the documentation, registered before it, sees every route.
  await fastify.register(async scope => addRoutes(scope, createDirectory()))
  const url = await fastify.listen({ port, host })
  return { url, close: () => fastify.close() }
}

runWhenMain(import.meta.url, start)
