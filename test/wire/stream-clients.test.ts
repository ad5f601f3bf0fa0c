import type { IncomingMessage, ServerResponse } from 'node:http'
import Fastify from 'fastify'
import t from 'tap'
import gateway from '../../index.ts'
import { startGateway } from '../helpers/gateways.ts'
import { sendRequest } from '../helpers/http1-client.ts'
import { connectRaw } from '../helpers/raw-client.ts'
import { portOf } from '../helpers/servers.ts'
import { startUpstream } from '../helpers/upstreams.ts'
import { closing, defer, soon } from '../helpers/waiting.ts'

const REQUEST = 'GET /app/ HTTP/1.1\r\nHost: a\r\nAccept: text/event-stream\r\n\r\n'

t.test('200 clients have each their own stream at once', async t => {
  const responses: [string, ServerResponse][] = []
  const all = defer()
  const upstream = await startUpstream(t, (request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders()
    if (responses.push([request.url!.slice(1), response]) === 200) all.resolve()
  })
  const { port } = await startGateway(t, upstream, { limits: { maxConnections: 200 } })
  const clients = await Promise.all(Array.from({ length: 200 }, () => connectRaw(t, port)))
  for (const [index, client] of clients.entries()) client.write(REQUEST.replace('/app/', `/app/n${index}`))
  await soon(all.promise, 'all streams')
  for (let round = 1; round <= 3; round++) {
    for (const [name, response] of responses) response.write(`data: ${name} ${round}\n\n`)
    await soon(Promise.all(clients.map((client, index) => client.until(new RegExp(`data: n${index} ${round}\n`)))), `round ${round}`)
  }
  t.ok(clients.every((client, index) => !new RegExp(`data: (?!n${index} )`).test(client.received())), 'and no event of another one')
})

t.test('a stream that is silent for longer than every other timeout goes on', async t => {
  const begun = defer<ServerResponse>()
  const upstream = await startUpstream(t, (request, response) => {
    if (request.url === '/silent') return
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n')
    begun.resolve(response)
  })
  const { port } = await startGateway(t, upstream, { timeouts: { connect: 100, headers: 100, body: 100 } })
  const client = await connectRaw(t, port)
  client.write(REQUEST)
  await client.until(/data: 1/)
  const response = await begun.promise
  // The clock: each of these takes the longest of the times.
  for (let i = 0; i < 4; i++) t.equal((await sendRequest(port, '/app/silent')).statusCode, 504)
  response.write('data: 2\n\n')
  t.match(await soon(client.until(/data: 2/), 'the event after the silence'), /data: 2\n\n/)
})

t.test('a stream that has sent nothing but its head may be as silent', async t => {
  const begun = defer<ServerResponse>()
  const upstream = await startUpstream(t, (request, response) => {
    if (request.url === '/silent') return
    response.writeHead(200, { 'content-type': 'Text/Event-Stream;charset=utf-8' }).flushHeaders()
    begun.resolve(response)
  })
  const { port } = await startGateway(t, upstream, { timeouts: { headers: 100, body: 100 } })
  const client = await connectRaw(t, port)
  client.write(REQUEST)
  await soon(client.until(/\r\n\r\n/), 'the head')
  const response = await begun.promise
  for (let i = 0; i < 4; i++) t.equal((await sendRequest(port, '/app/silent')).statusCode, 504)
  response.write('data: 1\n\n')
  await soon(client.until(/data: 1\n\n/), 'the first event')
})

t.test('timeouts.stream, which is off by default, ends a stream that is silent', async t => {
  const upstream = await startUpstream(t, (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n')
  })
  const { port } = await startGateway(t, upstream, { timeouts: { stream: 150 } })
  const reply = await soon(sendRequest(port, '/app/'), 'the end')
  t.strictSame([reply.body.toString(), reply.isComplete], ['data: 1\n\n', false])
})

t.test('a client that leaves takes its stream along, and no other', async t => {
  const requests = new Map<string, [IncomingMessage, ServerResponse]>()
  const both = defer()
  const upstream = await startUpstream(t, (request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n')
    if (requests.set(request.url!, [request, response]).size === 2) both.resolve()
  })
  const { port } = await startGateway(t, upstream)
  const leaving = await connectRaw(t, port)
  const staying = await connectRaw(t, port)
  leaving.write(REQUEST.replace('/app/', '/app/leaving'))
  staying.write(REQUEST.replace('/app/', '/app/staying'))
  await both.promise
  await Promise.all([leaving, staying].map(client => client.until(/data: 1/)))
  leaving.socket.destroy()
  await soon(closing(requests.get('/leaving')![0].socket), 'the end of the stream')
  requests.get('/staying')![1].write('data: 2\n\n')
  t.match(await soon(staying.until(/data: 2/), 'the other one\'s event'), /data: 2/)
})

t.test('a client that leaves a silent stream, which has no byte on the way, takes it along', async t => {
  const begun = defer<IncomingMessage>()
  const upstream = await startUpstream(t, (request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders()
    begun.resolve(request)
  })
  const { port } = await startGateway(t, upstream)
  const client = await connectRaw(t, port)
  client.write(REQUEST)
  await client.until(/\r\n\r\n/)
  client.socket.resetAndDestroy()
  await soon(closing((await begun.promise).socket), 'the end of the stream')
  t.pass('the upstream is notified')
})

t.test('a stream flows through a host server with onSend hooks', async t => {
  const begun = defer<ServerResponse>()
  const upstream = await startUpstream(t, (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'set-cookie': ['a=1', 'b=2'] }).flushHeaders()
    begun.resolve(response)
  })
  const fastify = Fastify({ forceCloseConnections: true })
  t.teardown(() => fastify.close())
  const payloads: unknown[] = []
  fastify.addHook('onSend', async (_request, reply, payload) => {
    payloads.push(typeof payload)
    reply.header('x-owner', 'was here')
    return payload
  })
  fastify.addHook('onSend', (_request, _reply, payload, done) => setImmediate(done, null, payload))
  await fastify.register(gateway, { apps: [{ name: 'app', upstreams: upstream }], shutdown: { gracePeriod: 100 } })
  await fastify.listen({ port: 0, host: '127.0.0.1' })

  const client = await connectRaw(t, portOf(fastify.server))
  client.write(REQUEST)
  const response = await begun.promise
  const head = await soon(client.until(/\r\n\r\n/), 'the head')
  t.match(head, /x-owner: was here\r\n/i)
  t.strictSame(head.match(/set-cookie: .*/gi), ['set-cookie: a=1', 'set-cookie: b=2'])
  for (let i = 1; i <= 3; i++) {
    response.write(`data: ${i}\n\n`)
    await soon(client.until(new RegExp(`data: ${i}\n\n`)), `event ${i}`)
  }
  t.strictSame(payloads, ['object'], 'the hook got a stream, once')
})
