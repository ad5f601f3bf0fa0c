import http from 'node:http'
import type { Socket } from 'node:net'
import t from 'tap'
import { startGateway } from '../helpers/gateways.ts'
import { sendRequest } from '../helpers/http1-client.ts'
import { connectRaw } from '../helpers/raw-client.ts'
import { startRawUpstream } from '../helpers/upstreams.ts'
import { closing, soon } from '../helpers/waiting.ts'

const EVIL = 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\nevil'

/** What comes behind each response, which is whole by its content-length. */
const surplus = [
  { name: 'bytes beyond the content-length', extra: 'evil evil evil' },
  { name: 'line ends', extra: '\r\n\r\n\r\n' },
  { name: 'a second response', extra: EVIL },
  { name: 'many responses', extra: EVIL.repeat(50) },
  { name: 'a second response in a packet of its own', extra: EVIL, isApart: true },
  { name: 'the beginning of a response', extra: 'HTTP/1.1 200 OK\r\nX-Evil: evil' },
  { name: 'an interim response', extra: 'HTTP/1.1 103 Early Hints\r\nLink: </evil>\r\n\r\n' },
  { name: 'a large surplus', extra: 'evil'.repeat(100_000) },
]

for (const { name, extra, isApart = false } of surplus) {
  t.test(`${name} behind a response reach neither its client nor another one`, async t => {
    const upstream = await startRawUpstream(t, socket => socket.setNoDelay().on('data', data => {
      const path = / (\S+) /.exec(data.toString('latin1'))![1]!
      const response = `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ${path.length}\r\n\r\n${path}`
      socket.write(isApart ? response : response + extra)
      if (isApart) socket.write(extra)
    }))
    const { port } = await startGateway(t, upstream)
    const agent = new http.Agent({ keepAlive: true, maxSockets: 4 })
    t.teardown(() => agent.destroy())

    const seen: string[] = []
    const expected: string[] = []
    for (let i = 0; i < 40; i++) {
      expected.push(`/one-by-one/${i}`)
      const reply = await soon(sendRequest(port, `/app/one-by-one/${i}`, { agent }), `response ${i}`)
      seen.push(reply.body.toString())
    }
    const parallel = Array.from({ length: 80 }, (_, i) => `/at-once/${i}`)
    const replies = await soon(Promise.all(parallel.map(path => sendRequest(port, `/app${path}`, { agent }))), 'the parallel responses')
    t.strictSame([...seen, ...replies.map(({ body }) => body.toString())], [...expected, ...parallel])
  })
}

t.test('the surplus of a response is in no byte of its client\'s connection', async t => {
  const upstream = await startRawUpstream(t, socket => socket.on('data', () => {
    socket.write(`HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\nfine${EVIL}`)
  }))
  const { port } = await startGateway(t, upstream)
  const client = await connectRaw(t, port)
  client.write('GET /app/1 HTTP/1.1\r\nHost: a\r\n\r\n')
  await client.until(/fine$/)
  client.write('GET /app/2 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
  const text = await soon(client.closed(), 'the second response')
  t.equal(text.match(/fine/g)?.length, 2)
  t.notMatch(text, /evil/)
})

t.test('a response without a request, on an idle connection, costs the upstream that connection', async t => {
  const sockets: Socket[] = []
  const upstream = await startRawUpstream(t, socket => {
    sockets.push(socket)
    socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\nfine'))
  })
  const { port } = await startGateway(t, upstream)
  t.equal((await sendRequest(port, '/app/1')).body.toString(), 'fine')
  sockets[0]!.write(EVIL)
  await soon(closing(sockets[0]!), 'the end of the connection')

  t.equal((await sendRequest(port, '/app/2')).body.toString(), 'fine')
  t.equal(sockets.length, 2, 'the next request has a new one')
})

t.test('a body behind a response that has none is not the next response', async t => {
  const rows = [
    { name: 'HEAD', method: 'HEAD', status: '200 OK' },
    { name: '204', method: 'GET', status: '204 No Content' },
    { name: '304', method: 'GET', status: '304 Not Modified' },
  ]
  for (const { name, method, status } of rows) {
    const upstream = await startRawUpstream(t, socket => socket.on('data', data => {
      const isLie = data.toString('latin1').includes('/lie')
      const head = `HTTP/1.1 ${isLie ? status : '200 OK'}\r\nContent-Type: text/plain\r\nContent-Length: ${isLie ? EVIL.length : 4}\r\n\r\n`
      socket.write(head + (isLie ? EVIL : 'fine'))
    }))
    const { port } = await startGateway(t, upstream)
    for (let i = 0; i < 10; i++) {
      const lie = await soon(sendRequest(port, '/app/lie', { method }), name)
      t.strictSame([lie.statusCode, lie.body.length], [Number.parseInt(status), 0], `${name} has no body`)
      const next = await soon(sendRequest(port, '/app/next'), 'the next response')
      t.equal(next.body.toString(), 'fine', 'and the next response is its own')
    }
  }
})
