import Fastify from 'fastify'
import t from 'tap'
import gateway from '../../index.ts'
import { connectRaw } from '../helpers/raw-client.ts'
import { portOf } from '../helpers/servers.ts'
import { startRawUpstream, startUpstream } from '../helpers/upstreams.ts'

t.test('a malformed request to a route of the server\'s own ends its connection, and delays no other', async t => {
  const upstream = await startUpstream(t, (_request, response) => response.end('app'))
  const fastify = Fastify()
  t.teardown(() => fastify.close())
  await fastify.register(gateway, { apps: [{ name: 'a', upstreams: upstream }] })
  fastify.get('/mine', async () => 'mine')
  await fastify.listen({ port: 0, host: '127.0.0.1' })
  const client = await connectRaw(t, portOf(fastify.server))
  client.write('GET /mine HTTP/1.1\r\nHost:\r\n\r\nGET /a/1 HTTP/1.1\r\nHost: a\r\n\r\n')
  const text = await client.closed()
  t.match(text, /^HTTP\/1\.1 200 OK\r\n[^]*connection: close[^]*mine$/i)
})

t.test('a response that breaks off while a hook looks at it leaves nothing of its head', async t => {
  const upstream = await startRawUpstream(t, socket => socket.once('data', () => {
    socket.write('HTTP/1.1 200 Partial\r\nContent-Type: text/plain\r\nContent-Encoding: gzip\r\nSet-Cookie: s=1\r\nETag: "x"\r\nContent-Length: 100\r\n\r\nabc')
    setImmediate(() => socket.destroy())
  }))
  const fastify = Fastify()
  t.teardown(() => fastify.close())
  fastify.addHook('onSend', async () => { await new Promise(resolve => setTimeout(resolve, 200)) })
  await fastify.register(gateway, { apps: [{ name: 'a', upstreams: upstream }] })
  await fastify.listen({ port: 0, host: '127.0.0.1' })
  const client = await connectRaw(t, portOf(fastify.server))
  client.write('GET /a/1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
  const text = await client.closed()
  t.match(text, /^HTTP\/1\.1 502 Bad Gateway\r\n/)
  t.notMatch(text, /gzip|set-cookie|etag/i)
})

for (const coding of ['gzip, chunked', 'chunked, gzip', 'gzip']) {
  t.test(`a response with the transfer coding "${coding}" is a bad one`, async t => {
    const upstream = await startRawUpstream(t, socket => socket.once('data', () => {
      socket.end(`HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: ${coding}\r\n\r\n3\r\nabc\r\n0\r\n\r\n`)
    }))
    const fastify = Fastify()
    t.teardown(() => fastify.close())
    await fastify.register(gateway, { apps: [{ name: 'a', upstreams: upstream }] })
    const { statusCode, body } = await fastify.inject('/a/1')
    t.strictSame([statusCode, JSON.parse(body).code], [502, 'GW_ERR_BAD_UPSTREAM_RESPONSE'])
  })
}

t.test('a client that does not read does not delay the stop beyond the grace period', async t => {
  const upstream = await startUpstream(t, (_request, response) => response.end(Buffer.alloc(64 * 1024 * 1024)))
  const fastify = Fastify()
  await fastify.register(gateway, { apps: [{ name: 'a', upstreams: upstream }], shutdown: { gracePeriod: 100 } })
  await fastify.listen({ port: 0, host: '127.0.0.1' })
  const client = await connectRaw(t, portOf(fastify.server))
  client.write('GET /a/1 HTTP/1.1\r\nHost: a\r\n\r\n')
  await client.until(/\r\n\r\n/)
  client.socket.pause()
  const start = performance.now()
  await fastify.close()
  t.ok(performance.now() - start < 3000)
})

t.test('with two gateways on a server, a malformed request gets its answer, and the others go where they belong', async t => {
  const fastify = Fastify()
  t.teardown(() => fastify.close())
  for (const name of ['a', 'b']) {
    const upstream = await startUpstream(t, (_request, response) => response.end(`from ${name}`))
    await fastify.register(async scope => { await scope.register(gateway, { apps: [{ name, upstreams: upstream }] }) })
  }
  await fastify.listen({ port: 0, host: '127.0.0.1' })
  for (const name of ['a', 'b']) {
    const malformed = await connectRaw(t, portOf(fastify.server))
    malformed.write(`GET /${name}/x HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n`)
    t.match(await malformed.closed(), /^HTTP\/1\.1 400 Bad Request\r\n/)
    const client = await connectRaw(t, portOf(fastify.server))
    client.write(`GET /${name}/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)
    t.match(await client.closed(), new RegExp(`\\r\\n\\r\\nfrom ${name}$`))
  }
})
