import { once } from 'node:events'
import net from 'node:net'
import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import gateway from '../../index.ts'
import { listenGateway } from '../helpers/gateways.ts'
import { connectRaw } from '../helpers/raw-client.ts'
import { portOf } from '../helpers/servers.ts'
import { startRawUpstream, startUpstream } from '../helpers/upstreams.ts'

/** A host server with a gateway in it, and other parts that are registered before or behind that. */
async function startServer (
  t: Test,
  {
    before = () => {},
    behind = () => {},
  }: { before?: (fastify: FastifyInstance) => void; behind?: (fastify: FastifyInstance) => void }
) {
  const origin = await startUpstream(t, (request, response) => {
    response.writeHead(200, [
      'Content-Type',
      'text/plain',
      'X-App', '1', 'Vary', 'Accept',
      'Set-Cookie',
      'a=1',
      'Set-Cookie',
      'b=2',
      ...(request.url === '/stream' ? [] : ['Content-Length', '4']),
    ])
    response.write('fi')
    response.end('ne')
  })
  const fastify = Fastify({ return503OnClosing: false })
  t.teardown(() => fastify.close())
  const sent: unknown[] = []
  fastify.addHook('onRequest', async (_request, reply) => {
    const { send } = reply
    reply.send = payload => {
      sent.push(payload)
      return send.call(reply, payload)
    }
  })
  before(fastify)
  await fastify.register(gateway, { apps: [{ name: 'app', upstreams: origin }] })
  behind(fastify)
  await fastify.listen({ port: 0, host: '127.0.0.1' })
  return { fastify, sent, port: portOf(fastify.server) }
}

async function send (t: Test, port: number, path: string): Promise<string> {
  const client = await connectRaw(t, port)
  client.write(`GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)
  return await client.closed()
}

for (const path of ['/app/', '/app/stream']) {
  t.test(`a response is sent by Fastify, small ones as a Buffer: ${path}`, async t => {
    const { sent, port } = await startServer(t, {})
    t.match(await send(t, port, path), /^HTTP\/1\.1 200 OK\r\n[^]*fi/)
    t.strictSame(sent.map(payload => Buffer.isBuffer(payload)), [path === '/app/'])
  })

  for (const where of ['before', 'behind'] as const) {
    t.test(`an onSend hook that is added ${where} the gateway sees every response: ${path}`, async t => {
      const seen: string[] = []
      const { port, sent } = await startServer(t, {
        [where]: (fastify: FastifyInstance) => fastify.addHook('onSend', async (request, reply) => {
          seen.push(request.url)
          reply.header('x-hook', 'seen')
        }),
      })
      t.match(await send(t, port, path), /\r\nx-hook: seen\r\n[^]*fi/)
      t.strictSame([seen, sent.length], [[path], 1])
    })
  }

  t.test(`an onSend hook of the routes alone sees every response: ${path}`, async t => {
    const { port } = await startServer(t, {
      before: fastify => fastify.addHook('onRoute', route => { route.onSend = (_request, reply, payload, done) => { reply.header('x-hook', 'seen'); done(null, payload) } }),
    })
    t.match(await send(t, port, path), /\r\nx-hook: seen\r\n/)
  })

  t.test(`onResponse hooks run, and see the status: ${path}`, async t => {
    const seen: number[] = []
    const { port, fastify } = await startServer(t, { before: fastify => fastify.addHook('onResponse', async (_request, reply) => { seen.push(reply.statusCode) }) })
    await send(t, port, path)
    await fastify.close()
    t.strictSame(seen, [200])
  })

  t.test(`the client receives what hooks have set, also in place of the app's; cookies and Vary are both's, the body is the app's: ${path}`, async t => {
    const { port } = await startServer(t, {
      before: fastify => fastify.addHook('onRequest', async (_request, reply) => {
        reply.headers({ 'x-hook': 1, 'x-app': 'hook', 'content-length': '99', 'content-type': 'image/png', vary: 'Origin' })
        reply.headers({ 'set-cookie': 'hook=1', 'x-list': ['a', 'b'] })
        reply.raw.setHeader('x-raw', 'raw')
      }),
    })
    const text = await send(t, port, path)
    const lines = text.slice(0, text.indexOf('\r\n\r\n')).toLowerCase().split('\r\n')
    const expected = ['x-hook: 1', 'x-app: hook', 'x-raw: raw', 'x-list: a', 'x-list: b', 'vary: accept, origin']
    for (const line of expected) t.equal(lines.filter(each => each === line).length, 1, line)
    t.strictSame(lines.filter(line => /^(?:x-app|content-type):/.test(line)), ['x-app: hook', 'content-type: text/plain'])
    t.strictSame(lines.filter(line => line.startsWith('set-cookie')), ['set-cookie: hook=1', 'set-cookie: a=1', 'set-cookie: b=2'])
    t.strictSame(lines.filter(line => line.startsWith('content-length')), path === '/app/' ? ['content-length: 4'] : [])
  })
}

t.test('trailers of the server\'s own follow a response', async t => {
  const { port, sent } = await startServer(t, {
    before: fastify => fastify.addHook('onRequest', async (_request, reply) => { reply.trailer('x-sum', (_reply, _payload, done) => done(null, 'seven')) }),
  })
  t.match(await send(t, port, '/app/stream'), /\r\nx-sum: seven\r\n\r\n$/i)
  t.equal(sent.length, 1)
})

for (const isPipelined of [false, true]) {
  t.test(`responses of every byte there is, on both sides of what leaves in one write, are those of the app${isPipelined ? ', all requested at once' : ''}`, t => checkBytes(t, isPipelined))
}

async function checkBytes (t: Test, isPipelined: boolean): Promise<void> {
  const everyByte = Buffer.from(Array.from({ length: 256 }, (_, index) => index))
  const bodies = [0, 1, 256, 4096, 4097, 65_536, 65_537].map(length => Buffer.alloc(length, everyByte))
  const origin = await startUpstream(t, (request, response) => {
    const body = bodies[Number(request.url!.slice(1))]!
    response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': body.length }).end(body)
  })
  const { port } = await listenGateway(t, { apps: [{ name: 'app', upstreams: origin }] })
  const socket = net.connect(port, '127.0.0.1')
  t.teardown(() => socket.destroy())
  const requests = bodies.map((_, index) => `GET /app/${index} HTTP/1.1\r\nHost: a\r\n\r\n`)
  if (isPipelined) socket.write(requests.join(''))
  let rest = Buffer.alloc(0)
  for (const [index, body] of bodies.entries()) {
    if (!isPipelined) socket.write(requests[index]!)
    while (!rest.includes('\r\n\r\n') || rest.length < rest.indexOf('\r\n\r\n') + 4 + body.length) rest = Buffer.concat([rest, (await once(socket, 'data'))[0] as Buffer])
    const start = rest.indexOf('\r\n\r\n') + 4
    t.ok(rest.subarray(start, start + body.length).equals(body), `${body.length} bytes`)
    rest = rest.subarray(start + body.length)
  }
  t.equal(rest.length, 0)
}

t.test('a stream that waits for its turn behind another response comes whole', async t => {
  const origin = await startUpstream(t, (request, response) => {
    if (request.url === '/slow') return setTimeout(() => response.writeHead(200, { 'content-type': 'text/plain', 'content-length': 4 }).end('slow'), 200)
    response.writeHead(200, { 'content-type': 'text/plain' }).write('one')
    setTimeout(() => response.write('two'), 50)
    return setTimeout(() => response.end('three'), 300)
  })
  const { port } = await listenGateway(t, { apps: [{ name: 'app', upstreams: origin }] })
  const client = await connectRaw(t, port)
  client.write('GET /app/slow HTTP/1.1\r\nHost: a\r\n\r\nGET /app/stream HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
  const text = await client.closed()
  t.match(text, /\r\n\r\nslowHTTP\/1\.1 200 [^]*\r\n0\r\n\r\n$/)
  t.equal([...text.matchAll(/[\da-f]+\r\n(\w+)\r\n/g)].map(([, part]) => part).join(''), 'onetwothree')
})

t.test('a hook that changes the status changes the reason phrase, unless the app has one of its own', async t => {
  for (const [phrase, expected] of [['OK', "I'm a Teapot"], ['Found It', 'Found It']] as const) {
    const upstream = await startRawUpstream(t, socket => socket.once('data', () => {
      socket.end(`HTTP/1.1 200 ${phrase}\r\nContent-Type: text/plain\r\nContent-Length: 0\r\n\r\n`)
    }))
    const fastify = Fastify()
    t.teardown(() => fastify.close())
    fastify.addHook('onSend', async (_request, reply) => { reply.code(418) })
    await fastify.register(gateway, { apps: [{ name: 'a', upstreams: upstream }] })
    await fastify.listen({ port: 0, host: '127.0.0.1' })
    const client = await connectRaw(t, portOf(fastify.server))
    client.write('GET /a/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
    t.match(await client.closed(), new RegExp(`^HTTP/1\\.1 418 [^\\r]*${expected}\\r\\n`))
  }
})
