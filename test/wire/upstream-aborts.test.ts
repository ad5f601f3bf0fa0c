import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import t, { type Test } from 'tap'
import { listenStandalone, startGateway } from '../helpers/gateways.ts'
import { sendRequest } from '../helpers/http1-client.ts'
import { connectRaw, type RawClient } from '../helpers/raw-client.ts'
import { startUpstream } from '../helpers/upstreams.ts'
import { closing, defer, soon } from '../helpers/waiting.ts'

interface Scene {
  client: RawClient
  request: IncomingMessage
  response: ServerResponse
}

interface Phase {
  name: string
  /** What the client sends. */
  sends: string
  /** Resolves when the moment is there. */
  until (scene: Scene): Promise<unknown>
}

const phases: Phase[] = [
  {
    name: 'before its upload is complete',
    sends: 'POST /app/ HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nbegin',
    until: ({ request }) => once(request, 'data'),
  },
  {
    name: 'before its chunked upload is complete',
    sends: 'POST /app/ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nbegin\r\n',
    until: ({ request }) => once(request, 'data'),
  },
  {
    name: 'while it waits for the head',
    sends: 'GET /app/ HTTP/1.1\r\nHost: a\r\n\r\n',
    until: async () => {},
  },
  {
    name: 'while it waits for the head, after its upload',
    sends: 'POST /app/ HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nwhole',
    until: ({ request }) => once(request.resume(), 'end'),
  },
  {
    name: 'after the head',
    sends: 'GET /app/ HTTP/1.1\r\nHost: a\r\n\r\n',
    until: ({ client, response }) => {
      response.writeHead(200, { 'content-length': 1000 }).flushHeaders()
      return client.until(/\r\n\r\n$/)
    },
  },
  {
    name: 'in the middle of the body',
    sends: 'GET /app/ HTTP/1.1\r\nHost: a\r\n\r\n',
    until: ({ client, response }) => {
      response.write('part of it')
      return client.until(/part of it/)
    },
  },
  {
    name: 'in the middle of a body that it does not read',
    sends: 'GET /app/ HTTP/1.1\r\nHost: a\r\n\r\n',
    until: async ({ client, response }) => {
      response.write('part of it')
      await client.until(/part of it/)
      client.socket.pause()
      response.write(Buffer.alloc(32 * 1024 * 1024))
    },
  },
  {
    name: 'in the middle of both bodies',
    sends: 'POST /app/ HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nbegin',
    until: async ({ client, request, response }) => {
      await once(request, 'data')
      response.write('part of it')
      await client.until(/part of it/)
    },
  },
]

const exits: { name: string, leave: (socket: Socket) => void }[] = [
  { name: 'closes', leave: socket => socket.destroy() },
  { name: 'resets', leave: socket => socket.resetAndDestroy() },
  // node's server takes the end of what a client sends for the end of the client.
  { name: 'half-closes', leave: socket => socket.end() },
]

async function playScene (
  t: Test,
  { sends, until }: Phase,
  leave: (socket: Socket) => void,
  start: typeof startGateway
): Promise<void> {
  const requested = defer<[IncomingMessage, ServerResponse]>()
  const upstream = await startUpstream(t, (request, response) => {
    if (request.url === '/fine') response.end('fine')
    else requested.resolve([request, response])
  })
  const { port } = await start(t, upstream)
  const client = await connectRaw(t, port)
  client.write(sends)
  const [request, response] = await requested.promise
  request.on('error', () => {})
  await until({ client, request, response })

  leave(client.socket)
  await soon(closing(request.socket), "the end of the upstream's connection")
  t.pass('the upstream is notified')
  t.equal((await sendRequest(port, '/app/fine')).body.toString(), 'fine')
}

for (const phase of phases) {
  t.test(`a client that goes away ${phase.name} takes the upstream's request along`, async t => {
    for (const { name, leave } of exits) {
      t.test(`when it ${name}`, t => playScene(t, phase, leave, startGateway))
    }
    const [close] = exits
    t.test('on a server of the gateway\'s own', t => playScene(t, phase, close!.leave, (t, upstreams) =>
      listenStandalone(t, { apps: [{ name: 'app', upstreams }] })))
  })
}

t.test('many clients that go away leave no connection to an upstream behind', async t => {
  const sockets = new Set<Socket>()
  const all = defer()
  let requestCount = 0
  const upstream = await startUpstream(t, (request, response) => {
    sockets.add(request.socket)
    request.socket.once('close', () => sockets.delete(request.socket))
    response.write('part')
    if (++requestCount === 100) all.resolve()
  })
  const { port } = await startGateway(t, upstream)
  const clients = await Promise.all(Array.from({ length: 100 }, () => connectRaw(t, port)))
  for (const client of clients) client.write('GET /app/ HTTP/1.1\r\nHost: a\r\n\r\n')
  await all.promise
  t.equal(sockets.size, 100)
  const closed = [...sockets].map(closing)
  for (const { socket } of clients) socket.destroy()
  await soon(Promise.all(closed), 'the end of all connections')
  t.equal(sockets.size, 0)
})

const responses = [
  { name: 'a small body', method: 'GET', headers: { 'content-type': 'text/plain', 'content-length': 5 }, body: 'small' },
  { name: 'a chunked body', method: 'GET', headers: {}, body: 'chunked' },
  { name: 'no body', method: 'HEAD', headers: { 'content-length': 5 }, body: '' },
]

for (const { name, method, headers, body } of responses) {
  t.test(`a client that goes away in the moment of a response with ${name} does no harm`, async t => {
    let current: ServerResponse | undefined
    let requested = defer()
    const upstream = await startUpstream(t, (request, response) => {
      if (request.url === '/fine') {
        response.end('fine')
        return
      }
      current = response
      requested.resolve()
    })
    const { port } = await startGateway(t, upstream)
    for (let i = 0; i < 20; i++) {
      requested = defer()
      const client = await connectRaw(t, port)
      client.write(`${method} /app/ HTTP/1.1\r\nHost: a\r\n\r\n`)
      await requested.promise
      const gone = closing(current!.req.socket)
      // The gateway finds both in one turn of its loop, in this order: first the client's end, then the response.
      client.socket.end()
      current!.writeHead(200, headers).end(body)
      await Promise.race([closing(client.socket), gone])
    }
    t.equal((await sendRequest(port, '/app/fine')).body.toString(), 'fine')
  })
}

t.test('a client that leaves its response unread does not block others', async t => {
  const upstream = await startUpstream(t, (request, response) => {
    if (request.url === '/fine') response.end('fine')
    else {
      response.writeHead(200, { 'content-type': 'text/plain' }).flushHeaders()
      response.write(Buffer.alloc(16 * 1024 * 1024))
    }
  })
  const { port } = await startGateway(t, upstream)
  const clients = await Promise.all(Array.from({ length: 10 }, () => connectRaw(t, port)))
  for (const { socket } of clients) {
    socket.pause()
    socket.write('GET /app/large HTTP/1.1\r\nHost: a\r\n\r\n')
  }
  for (let i = 0; i < 20; i++) t.equal((await soon(sendRequest(port, '/app/fine'), 'a response')).body.toString(), 'fine')
})
