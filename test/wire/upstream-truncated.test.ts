import { once } from 'node:events'
import type { Socket } from 'node:net'
import t from 'tap'
import { startGateway } from '../helpers/gateways.ts'
import { isGatewayError, sendRequest, stillServes } from '../helpers/http1-client.ts'
import { connectRaw } from '../helpers/raw-client.ts'
import { startLyingUpstream } from '../helpers/upstreams.ts'
import { soon } from '../helpers/waiting.ts'

const HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n'

// What an upstream sends before it closes the connection in an orderly way, a FIN and no reset.
const truncated = [
  { name: 'fewer bytes than the content-length', response: `${HEAD}Content-Length: 10\r\n\r\nshort` },
  { name: 'no byte of the content-length', response: `${HEAD}Content-Length: 10\r\n\r\n` },
  { name: 'all but the last byte', response: `${HEAD}Content-Length: 6\r\n\r\nshort` },
  { name: 'fewer bytes on a connection that was going to close', response: `${HEAD}Connection: close\r\nContent-Length: 10\r\n\r\nshort` },
  { name: 'fewer bytes from HTTP/1.0', response: 'HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 10\r\n\r\nshort' },
  { name: 'an end in the middle of a chunk', response: `${HEAD}Transfer-Encoding: chunked\r\n\r\n5\r\nshort\r\n5\r\nsh` },
  { name: 'an end in a chunk\'s size', response: `${HEAD}Transfer-Encoding: chunked\r\n\r\n5\r\nshort\r\n1` },
  { name: 'an end before the last chunk', response: `${HEAD}Transfer-Encoding: chunked\r\n\r\n5\r\nshort\r\n` },
  { name: 'an end in the last chunk', response: `${HEAD}Transfer-Encoding: chunked\r\n\r\n5\r\nshort\r\n0\r\n` },
  { name: 'chunks on a connection that was going to close', response: `${HEAD}Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nshort\r\n` },
]

t.test('a response that ends too early ends the client\'s connection, and never looks complete', async t => {
  for (const { name, response } of truncated) {
    const upstream = await startLyingUpstream(t, socket => socket.end(response))
    const { port } = await startGateway(t, upstream)
    const reply = await soon(sendRequest(port, '/app/lie'), name)
    t.strictSame([reply.statusCode, reply.isComplete], [200, false], name)
    t.ok('shortsh'.startsWith(reply.body.toString()), 'nothing was added to it')
    await stillServes(t, port)
  }
})

// These stay open: it is the bytes that are wrong.
const malformed = [
  { name: 'a size that is no number', response: `${HEAD}Transfer-Encoding: chunked\r\n\r\n5\r\nshort\r\nxyz\r\n` },
  { name: 'a negative size', response: `${HEAD}Transfer-Encoding: chunked\r\n\r\n5\r\nshort\r\n-1\r\n` },
  { name: 'a size beyond 64 bits', response: `${HEAD}Transfer-Encoding: chunked\r\n\r\n5\r\nshort\r\nfffffffffffffffff\r\n` },
  { name: 'no size at all', response: `${HEAD}Transfer-Encoding: chunked\r\n\r\n5\r\nshort\r\n\r\n` },
  { name: 'a chunk longer than its size', response: `${HEAD}Transfer-Encoding: chunked\r\n\r\n3\r\nshort\r\n0\r\n\r\n` },
]

t.test('chunks that cannot be read end the client\'s connection', async t => {
  for (const { name, response } of malformed) {
    const upstream = await startLyingUpstream(t, socket => socket.write(response))
    const { port } = await startGateway(t, upstream)
    const reply = await soon(sendRequest(port, '/app/lie'), name)
    // A fault in the read that brought the head is a response of the gateway's; a later one breaks off the app's.
    if (reply.statusCode === 502) isGatewayError(t, reply, 502, 'GW_ERR_BAD_UPSTREAM_RESPONSE', name)
    else {
      t.equal(reply.isComplete, false, name)
      t.ok('shortsh'.startsWith(reply.body.toString()), 'nothing was added to it')
    }
    await stillServes(t, port)
  }
})

t.test('a first chunk that cannot be read comes before anything was handed on, or ends the connection', async t => {
  const upstream = await startLyingUpstream(t, socket => socket.write(`${HEAD}Transfer-Encoding: chunked\r\n\r\nxyz\r\n`))
  const { port } = await startGateway(t, upstream)
  const reply = await soon(sendRequest(port, '/app/lie'), 'the response')
  if (reply.statusCode === 502) isGatewayError(t, reply, 502, 'GW_ERR_BAD_UPSTREAM_RESPONSE')
  else t.strictSame([reply.statusCode, reply.isComplete], [200, false])
  await stillServes(t, port)
})

const framings = [
  { name: 'a content-length', lines: 'Content-Length: 100000\r\n' },
  { name: 'chunks', lines: 'Transfer-Encoding: chunked\r\n', first: '5\r\nshort\r\n' },
  // Whatever an orderly end means there, a reset is none.
  { name: 'the connection\'s end', lines: 'Connection: close\r\n' },
]

for (const { name, lines, first = 'short' } of framings) {
  t.test(`a reset in a body that is framed by ${name} ends the client's connection`, async t => {
    let upstreamSocket: Socket | undefined
    const upstream = await startLyingUpstream(t, socket => {
      upstreamSocket = socket
      socket.write(`${HEAD}${lines}\r\n${first}`)
    })
    const { port } = await startGateway(t, upstream)
    const client = await connectRaw(t, port)
    client.write('GET /app/lie HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
    await client.until(/short/)
    upstreamSocket!.resetAndDestroy()

    const text = await soon(client.closed(), 'the end of the connection')
    t.match(text, /^HTTP\/1\.1 200 /)
    t.notMatch(text, /\r\n0\r\n\r\n$/, 'without the last chunk that would make it whole')
    await stillServes(t, port)
  })
}

t.test('a truncated response reaches a client of HTTP/1.0 as a reset or a short body, and never with a false length', async t => {
  const upstream = await startLyingUpstream(t, socket => socket.end(`${HEAD}Content-Length: 10\r\n\r\nshort`))
  const { port } = await startGateway(t, upstream)
  const client = await connectRaw(t, port)
  client.write('GET /app/lie HTTP/1.0\r\nHost: a\r\n\r\n')
  t.match(await soon(client.closed(), 'the end'), /^HTTP\/1\.[01] 200 [^]*content-length: 10\r\n[^]*\r\n\r\nshort$/i)
})

t.test('a response that breaks off late, after many chunks, is broken off too', async t => {
  const chunk = Buffer.alloc(64 * 1024, 'x')
  const upstream = await startLyingUpstream(t, async socket => {
    socket.write(`${HEAD}Content-Length: ${chunk.length * 100}\r\n\r\n`)
    for (let i = 0; i < 99; i++) {
      if (!socket.write(chunk)) await once(socket, 'drain')
    }
    socket.end()
  })
  const { port } = await startGateway(t, upstream)
  const reply = await soon(sendRequest(port, '/app/lie'), 'the response')
  t.strictSame([reply.statusCode, reply.isComplete], [200, false])
  t.ok(reply.body.length <= chunk.length * 99, 'it has no more than was sent')
  await stillServes(t, port)
})
