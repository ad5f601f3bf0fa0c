import type { IncomingMessage } from 'node:http'
import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import gateway from '../../index.ts'
import { sendRequest, stillServes } from '../helpers/http1-client.ts'
import { connectRaw } from '../helpers/raw-client.ts'
import { portOf } from '../helpers/servers.ts'
import { startLyingUpstream, startUpstream } from '../helpers/upstreams.ts'
import { closing, defer, soon } from '../helpers/waiting.ts'

/** A host server with hooks of its own around the gateway. */
async function listenWithHooks (
  t: Test,
  upstreams: string,
  addHooks: (fastify: FastifyInstance) => void
): Promise<number> {
  const fastify = Fastify({ forceCloseConnections: true })
  t.teardown(() => fastify.close())
  addHooks(fastify)
  await fastify.register(gateway, { apps: [{ name: 'app', upstreams }], shutdown: { gracePeriod: 100 } })
  await fastify.listen({ port: 0, host: '127.0.0.1' })
  return portOf(fastify.server)
}

for (const name of ['onRequest', 'preParsing', 'preValidation', 'preHandler'] as const) {
  for (const headers of ['', 'Content-Length: 5\r\n']) {
    t.test(`a client that goes away during an ${name} hook does no harm, ${headers === '' ? 'without' : 'with'} an upload`, async t => {
      const entered = defer()
      const left = defer()
      const done = defer()
      const requested: IncomingMessage[] = []
      const upstream = await startUpstream(t, (request, response) => {
        requested.push(request)
        if (request.url === '/fine') response.writeHead(200, { 'content-type': 'text/plain', 'content-length': 4 }).end('fine')
      })
      const port = await listenWithHooks(t, upstream, fastify => fastify.addHook(name as 'onRequest', async request => {
        if (request.url !== '/app/gone') return
        request.raw.socket.once('close', () => left.resolve())
        entered.resolve()
        await left.promise
        setImmediate(done.resolve)
      }))
      const client = await connectRaw(t, port)
      client.write(`POST /app/gone HTTP/1.1\r\nHost: a\r\n${headers}\r\n${headers === '' ? '' : 'whole'}`)
      await entered.promise
      client.socket.destroy()
      await soon(done.promise, 'the hook')

      await soon(stillServes(t, port), 'the next response')
      await soon(Promise.all(requested.filter(({ url }) => url === '/gone').map(({ socket }) => closing(socket))), 'the end of the upstream connection')
    })
  }
}

t.test('a response to a client that went away during a hook does no harm', async t => {
  let entered = defer()
  let left = defer()
  const upstream = await startUpstream(t, (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/plain', 'content-length': 4 }).end('fine')
  })
  const port = await listenWithHooks(t, upstream, fastify => fastify.addHook('onRequest', async request => {
    if (request.url !== '/app/gone') return
    request.raw.socket.once('close', () => left.resolve())
    entered.resolve()
    await left.promise
  }))
  for (const method of ['GET', 'HEAD', 'GET', 'HEAD']) {
    entered = defer()
    left = defer()
    const client = await connectRaw(t, port)
    client.write(`${method} /app/gone HTTP/1.1\r\nHost: a\r\n\r\n`)
    await entered.promise
    client.socket.destroy()
    await left.promise
    await stillServes(t, port)
  }
})

t.test('an upstream that breaks off while an onSend hook thinks is an error in its place, and harms nothing else', async t => {
  const thinking = defer()
  const broken = defer()
  const upstream = await startLyingUpstream(t, socket => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 100\r\n\r\npart')
    socket.once('close', () => broken.resolve())
    thinking.promise.then(() => socket.destroy())
  })
  const port = await listenWithHooks(t, upstream, fastify => fastify.addHook('onSend', async (request, _reply, payload) => {
    if (request.url !== '/app/lie') return payload
    thinking.resolve()
    await broken.promise
    // The gateway sees it a turn of the loop later, or two.
    for (let i = 0; i < 5; i++) await new Promise(resolve => { setImmediate(resolve) })
    return payload
  }))
  const reply = await soon(sendRequest(port, '/app/lie'), 'the response')
  t.strictSame([reply.statusCode, JSON.parse(String(reply.body)).code], [502, 'GW_ERR_UPSTREAM_UNREACHABLE'])
  await stillServes(t, port)
})

t.test('an onSend hook sees the headers, may change them, and the body is streamed on', async t => {
  const sent = defer()
  const upstream = await startUpstream(t, async (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/plain', 'x-app': 'yes' })
    response.write('first,')
    await sent.promise
    response.end('second')
  })
  const port = await listenWithHooks(t, upstream, fastify => fastify.addHook('onSend', async (_request, reply, payload) => {
    reply.header('x-seen', reply.getHeader('x-app'))
    return payload
  }))
  const client = await connectRaw(t, port)
  client.write('GET /app/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
  await soon(client.until(/first,/), 'the first part')
  sent.resolve()
  t.match(await client.closed(), /x-seen: yes\r\n[^]*second/)
})

const replacements: { name: string, replace: () => string }[] = [
  { name: 'replaces the body', replace: () => 'another' },
  { name: 'fails', replace: () => { throw new Error('no') } },
]

for (const { name, replace } of replacements) {
  t.test(`the upstream of a response loses its lease when an onSend hook ${name}`, async t => {
    const requested = defer<IncomingMessage>()
    const upstream = await startUpstream(t, (request, response) => {
      if (request.url === '/fine') {
        response.end('fine')
        return
      }
      requested.resolve(request)
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n')
    })
    const port = await listenWithHooks(t, upstream, fastify => fastify.addHook('onSend', async (request, reply, payload) => {
      if (request.url !== '/app/stream' || reply.statusCode !== 200) return payload
      return replace()
    }))
    const reply = await soon(sendRequest(port, '/app/stream'), 'the response')
    t.ok(reply.isComplete)
    await soon(closing((await requested.promise).socket), 'the end of the upstream connection')
    await stillServes(t, port)
  })
}

t.test('what a preHandler hook responds to itself never reaches an upstream', async t => {
  let requests = 0
  const upstream = await startUpstream(t, (_request, response) => {
    requests++
    response.end()
  })
  const port = await listenWithHooks(t, upstream, fastify => fastify.addHook('preHandler', async (_request, reply) => reply.code(401).send({ no: true })))
  t.equal((await sendRequest(port, '/app/')).statusCode, 401)
  t.equal(requests, 0)
})
