import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import express, { type RequestHandler } from 'express'
import Fastify from 'fastify'
import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import { portOf } from '../helpers/servers.ts'

/** Whatever ends with its user: a test, or the generator of the fixtures. */
export interface Owner {
  teardown (close: () => unknown): unknown
}

const python = '/usr/bin/python3'
export const hasFastApi = spawnSync(python, ['-c', 'import fastapi, uvicorn']).status === 0

/** FastAPI, as Debian has it, with an OAuth2 password flow. Resolves to its origin. */
export async function startFastApi (owner: Owner): Promise<string> {
  const child = spawn(python, [join(import.meta.dirname, 'fastapi_app.py')], { stdio: ['pipe', 'pipe', 'inherit'] })
  const exited = once(child, 'exit')
  owner.teardown(async () => {
    child.stdin.end()
    await exited
  })
  const [port] = await Promise.race([once(child.stdout, 'data'), exited.then(() => { throw new Error('FastAPI does not start') })])
  return `http://127.0.0.1:${Number(port)}`
}

/** @fastify/swagger-ui at `/documentation`. */
export async function startFastify (owner: Owner): Promise<string> {
  const fastify = Fastify({ forceCloseConnections: true })
  owner.teardown(() => fastify.close())
  await fastify.register(swagger, { openapi: { openapi: '3.1.0', info: { title: 'Users', version: '1.0.0' } } })
  await fastify.register(swaggerUi, { routePrefix: '/documentation' })
  fastify.get('/items/:id', { schema: { summary: 'One item', params: idSchema } }, async request => ({ id: (request.params as { id: number }).id }))
  fastify.post('/items', { schema: { summary: 'A new item', body: itemSchema } }, async (request, reply) => {
    reply.code(201)
    return { id: 7, ...request.body as object }
  })
  return fastify.listen({ port: 0, host: '127.0.0.1' })
}

const idSchema = { type: 'object', properties: { id: { type: 'integer' } }, required: ['id'] }
const itemSchema = { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] }

/** What is used of swagger-ui-express, which brings no types. */
interface SwaggerUiExpress {
  serve: RequestHandler[]
  serveFiles (document: object | undefined, options: object): RequestHandler[]
  setup (document?: object, options?: object): RequestHandler
}

const require = createRequire(import.meta.url)

/** swagger-ui-express three times: `/api-docs` has its document in it, `/by-url` fetches it, `/by-urls` offers two. */
export async function startExpress (owner: Owner): Promise<string> {
  const ui = require('swagger-ui-express') as SwaggerUiExpress
  const app = express()
  app.use(express.json())
  app.get('/items/:id', (request, response) => { response.json({ id: Number(request.params.id) }) })
  app.post('/items', (request, response) => { response.status(201).json({ id: 7, ...request.body }) })
  app.get('/openapi.json', (_request, response) => { response.json(document) })
  app.get('/static/theme.css', (_request, response) => { response.type('css').send('.topbar { background: teal }') })
  app.get('/static/logo.js', (_request, response) => { response.type('js').send('window.logo = true') })
  app.get('/favicon.ico', (_request, response) => { response.status(204).end() })
  app.use('/api-docs', ui.serveFiles(document, {}), ui.setup(document))
  const byUrl = { swaggerUrl: '/openapi.json', customCssUrl: '/static/theme.css', customJs: '/static/logo.js', customfavIcon: '/favicon.ico' }
  app.use('/by-url', ui.serveFiles(undefined, byUrl), ui.setup(undefined, byUrl))
  const byUrls = { explorer: true, swaggerUrls: [{ url: '/openapi.json', name: 'Items' }, { url: 'https://petstore.example/v2/swagger.json', name: 'Pets' }] }
  app.use('/by-urls', ui.serveFiles(undefined, byUrls), ui.setup(undefined, byUrls))
  const server = app.listen(0, '127.0.0.1')
  owner.teardown(() => server.close().closeAllConnections())
  await once(server, 'listening')
  return `http://127.0.0.1:${portOf(server)}`
}

/** By hand, with what a naive rewriting would take for an address. */
const document = {
  openapi: '3.0.3',
  info: { title: 'Users', version: '1.0.0', description: 'An "url": "/not-an-address" in </script> a text, and a brace: {' },
  servers: [{ url: '/' }],
  paths: {
    '/items/{id}': {
      get: {
        summary: 'One item',
        parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'integer' } }],
        responses: { 200: { description: 'The item', content: { 'application/json': { example: { url: '/items/7' } } } } },
      },
    },
    '/items': {
      post: {
        summary: 'A new item',
        requestBody: { content: { 'application/json': { schema: { type: 'object', properties: { name: { type: 'string' } } } } } },
        responses: { 201: { description: 'It is there' } },
      },
    },
  },
}
