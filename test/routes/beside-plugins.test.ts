import { setTimeout as delay } from 'node:timers/promises'
import { gunzipSync } from 'node:zlib'
import compress from '@fastify/compress'
import etag from '@fastify/etag'
import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { startHost } from '../helpers/host-server.ts'
import { startRawUpstream, startUpstream } from '../helpers/upstreams.ts'

const document = JSON.stringify({ openapi: '3.0.0', info: { title: 'a', version: '1' }, paths: { '/pets': { get: { summary: 'x'.repeat(2000) } } } })

function startDocumented (t: Test): Promise<string> {
  return startUpstream(t, (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(document) }).end(document)
  })
}

for (const where of ['before', 'behind'] as const) {
  t.test(`@fastify/compress, registered ${where} the gateway, compresses rewritten documents and leaves errors readable`, async t => {
    const fastify = await startHost(t, { apps: [{ name: 'app', upstreams: await startDocumented(t) }, { name: 'down', upstreams: '127.0.0.1:1' }] }, {
      [where]: (fastify: FastifyInstance) => fastify.register(compress, { threshold: 0 }),
    })
    const response = await fastify.inject({ url: '/app/openapi.json', headers: { 'accept-encoding': 'gzip' } })
    const isCompressed = response.headers['content-encoding'] === 'gzip'
    t.equal(isCompressed, where === 'before', 'routes that are there before it are not its own')
    const text = isCompressed ? gunzipSync(response.rawPayload).toString() : response.payload
    t.strictSame(Object.keys(JSON.parse(text).paths), ['/app/pets'])

    const down = await fastify.inject({ url: '/down/', headers: { 'accept-encoding': 'gzip' } })
    const error = down.headers['content-encoding'] === 'gzip' ? gunzipSync(down.rawPayload).toString() : down.payload
    t.equal(JSON.parse(error).code, 'GW_ERR_UPSTREAM_UNREACHABLE')
  })
}

t.test('@fastify/etag at the root gives way to the version of a rewritten document', async t => {
  const fastify = await startHost(t, { apps: [{ name: 'app', upstreams: await startDocumented(t) }] }, { before: fastify => fastify.register(etag) })
  const { headers, payload } = await fastify.inject('/app/openapi.json')
  t.strictSame([Object.keys(JSON.parse(payload).paths), headers['content-length']], [['/app/pets'], String(payload.length)])
  const again = await fastify.inject({ url: '/app/openapi.json', headers: { 'if-none-match': String(headers.etag) } })
  t.strictSame([again.statusCode, again.payload], [304, ''])
})

t.test('an error keeps no coding of the response that it replaces', async t => {
  const upstream = await startRawUpstream(t, socket => socket.once('data', () => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Encoding: gzip\r\nContent-Length: 100\r\nX-App: 1\r\n\r\n')
    setTimeout(() => socket.destroy(), 20)
  }))
  const fastify = await startHost(t, { apps: [{ name: 'app', upstreams: upstream }] }, {
    // Meanwhile the body breaks off, of which a part may have been packed already.
    before: fastify => fastify.addHook('onSend', async (_request, reply) => {
      if (reply.statusCode === 200) reply.header('content-encoding', 'gzip')
      await delay(100)
    }),
  })
  const { headers, payload } = await fastify.inject('/app/')
  t.match(payload, 'GW_ERR_UPSTREAM_UNREACHABLE')
  t.strictSame([headers['content-encoding'], headers['x-app']], [undefined, undefined])
})
