import Fastify from 'fastify'
import swagger, { type FastifyDynamicSwaggerOptions } from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import t, { type Test } from 'tap'
import { parse } from 'yaml'
import type { InlineAppOptions } from '../../lib/options/schema.ts'
import { listenGateway } from '../helpers/gateways.ts'
import { callOperations, callServedOperations } from './operations.ts'
import { loadAssets, runStartScript } from './page-assets.ts'

const info = { title: 'Users', version: '1.0.0' }

/** Stands for the app's own port, which it knows only when it listens. */
const PORT = '59999'

const kinds: [string, FastifyDynamicSwaggerOptions][] = [
  ['OpenAPI 3.0', { openapi: { openapi: '3.0.3', info } }],
  ['OpenAPI 3.1 with its own address as server', { openapi: { openapi: '3.1.0', info, servers: [{ url: `http://127.0.0.1:${PORT}`, description: 'local' }] } }],
  ['Swagger 2.0', { swagger: { info } }],
  ['Swagger 2.0 with its own address', { swagger: { info, host: `127.0.0.1:${PORT}`, schemes: ['http'], basePath: '/' } }],
]
const operations = ['listUsers', 'addUser', 'readUser', 'changeUser']

for (const [kind, options] of kinds) {
  for (const mode of ['paths', 'servers'] as const) {
    t.test(`${kind}: with the prefix in ${mode}, every operation responds at the gateway`, async t => {
      const base = await start(t, options, { openapi: { mode } })
      const address = `${base}/documentation/json`
      t.strictSame(await callServedOperations(t, address), operations)
    })

    t.test(`${kind}: with the prefix in ${mode}, so does every one of the YAML`, async t => {
      const base = await start(t, options, { openapi: { mode } })
      const yaml = await (await fetch(`${base}/documentation/yaml`)).text()
      t.strictSame(await callOperations(t, parse(yaml), `${base}/documentation/yaml`), operations)
    })
  }
}

t.test('the page is complete, with and without a slash at its end', async t => {
  const base = await start(t, kinds[0]![1])
  for (const path of ['/documentation', '/documentation/', '/documentation/static/index.html']) {
    const assets = await loadAssets(t, `${base}${path}`)
    t.ok(assets.includes(`${base}/documentation/static/swagger-initializer.js`), path)
  }
})

t.test('its script requests the document at its public address', async t => {
  const base = await start(t, kinds[0]![1])
  const settings = await runStartScript(`${base}/documentation/static/swagger-initializer.js`, `${base}/documentation`)
  const address = new URL(settings.url, `${base}/documentation`).href
  t.equal(address, `${base}/documentation/json`)
  t.equal((await callServedOperations(t, address)).length, 4)
})

t.test('a base path of the upstream is gone from its document', async t => {
  const base = await start(t, kinds[0]![1], {}, '/v2')
  t.strictSame(await callServedOperations(t, `${base}/documentation/json`), operations)
  t.ok((await loadAssets(t, `${base}/documentation/`)).length > 3)
})

/** A gateway with the app at `/users`, as its own routes are; the app's are all below `basePath`. */
async function start (t: Test, options: FastifyDynamicSwaggerOptions, flags: Partial<InlineAppOptions> = {}, basePath = ''): Promise<string> {
  const upstream = await startFastify(t, options, basePath)
  const { origin } = await listenGateway(t, { apps: [{ name: 'users', upstreams: upstream + basePath, ...flags }] })
  return `${origin}/users`
}

async function startFastify (t: Test, options: FastifyDynamicSwaggerOptions, prefix: string): Promise<string> {
  const fastify = Fastify({ forceCloseConnections: true })
  t.teardown(() => fastify.close())
  // The document is generated at its first request.
  await fastify.register(swagger, {
    ...options,
    transformObject: document => JSON.parse(JSON.stringify('openapiObject' in document ? document.openapiObject : document.swaggerObject).replaceAll(PORT, portOfFastify())),
  })
  await fastify.register(swaggerUi, { routePrefix: `${prefix}/documentation` })
  fastify.addHook('onRequest', async ({ routeOptions }, reply) => {
    const { operationId } = routeOptions.schema ?? {}
    if (operationId !== undefined) reply.header('x-operation', operationId)
  })
  const params = { type: 'object', properties: { id: { type: 'integer' } }, required: ['id'] }
  fastify.get(`${prefix}/users`, { schema: { operationId: 'listUsers' } }, async () => [])
  fastify.post(`${prefix}/users`, { schema: { operationId: 'addUser' } }, async () => ({}))
  fastify.get(`${prefix}/users/:id`, { schema: { operationId: 'readUser', params } }, async () => ({}))
  fastify.put(`${prefix}/users/:id`, { schema: { operationId: 'changeUser', params } }, async () => ({}))
  return fastify.listen({ port: 0, host: '127.0.0.1' })

  function portOfFastify (): string {
    return String((fastify.server.address() as { port: number }).port)
  }
}
