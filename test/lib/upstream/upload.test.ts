import { once } from 'node:events'
import http, { type IncomingMessage } from 'node:http'
import net from 'node:net'
import { Readable } from 'node:stream'
import { setTimeout } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { RequestBody } from '../../../lib/upstream/request-body.ts'
import { takeUpload, WHOLE_UPLOAD_LIMIT } from '../../../lib/upstream/upload.ts'
import { listen, portOf } from '../client/sockets.ts'

/** What `takeUpload` makes of a request that is written as these pieces, asked a while after its head came. */
async function take (t: Test, pieces: string[], prepare = (_request: IncomingMessage) => {}): Promise<Buffer | Readable> {
  const server = http.createServer()
  await listen(t, server)
  const client = net.connect(portOf(server), '127.0.0.1')
  t.teardown(() => client.destroy())
  client.write(pieces[0]!)
  const [request] = await once(server, 'request') as [IncomingMessage]
  await setTimeout(20)
  prepare(request)
  const body = await new Promise<Buffer | Readable>(resolve => takeUpload(request, request.headers['content-length'], resolve))
  for (const piece of pieces.slice(1)) client.write(piece)
  return body
}

const head = (...lines: string[]) => ['POST / HTTP/1.1', 'Host: a', ...lines, '', ''].join('\r\n')
const read = async (body: Buffer | Readable) => body instanceof Readable ? Buffer.concat(await body.toArray()) : body

t.test('a small body that is here is one piece', async t => {
  const body = await take(t, [`${head('Content-Length: 3')}abc`])
  t.strictSame(body, Buffer.from('abc'))
})

t.test('a small body that comes with its head is one piece, also when it is asked for before it is parsed', async t => {
  const server = http.createServer()
  await listen(t, server)
  const taken = new Promise<Buffer | Readable>(resolve => server.once('request', request => {
    t.notOk(request.complete)
    takeUpload(request, '3', resolve)
  }))
  const client = net.connect(portOf(server), '127.0.0.1')
  t.teardown(() => client.destroy())
  client.write(`${head('Content-Length: 3')}abc`)
  t.strictSame(await taken, Buffer.from('abc'))
})

const streamed: { name: string, pieces: string[], expected: string }[] = [
  { name: 'a small body that is still to come', pieces: [`${head('Content-Length: 6')}abc`, 'def'], expected: 'abcdef' },
  { name: 'a chunked body', pieces: [`${head('Transfer-Encoding: chunked')}3\r\nabc\r\n0\r\n\r\n`], expected: 'abc' },
  { name: 'a big body', pieces: [head(`Content-Length: ${WHOLE_UPLOAD_LIMIT + 1}`), 'x'.repeat(WHOLE_UPLOAD_LIMIT + 1)], expected: 'x'.repeat(WHOLE_UPLOAD_LIMIT + 1) },
]

for (const { name, pieces, expected } of streamed) {
  t.test(`${name} is a stream`, async t => {
    const body = await take(t, pieces)
    t.type(body, RequestBody)
    t.equal((await read(body)).toString(), expected)
  })
}

t.test('a body that somebody has read already is an empty stream', async t => {
  const body = await take(t, [`${head('Content-Length: 3')}abc`], request => { request.read() })
  t.type(body, RequestBody)
  t.equal((await read(body)).length, 0)
})

t.test('what a hook made of a body is a stream, whatever its length', async t => {
  const source = Readable.from(['abc'])
  const body = await new Promise<Buffer | Readable>(resolve => takeUpload(source, '3', resolve))
  t.type(body, RequestBody)
  t.equal((await read(body)).toString(), 'abc')
})

t.test('a body of the limit is still one piece', async t => {
  const text = 'x'.repeat(WHOLE_UPLOAD_LIMIT)
  const source = new http.IncomingMessage(new net.Socket())
  source.push(text)
  source.push(null)
  source.complete = true
  const body = await new Promise<Buffer | Readable>(resolve => takeUpload(source, String(WHOLE_UPLOAD_LIMIT), resolve))
  t.equal((body as Buffer).length, WHOLE_UPLOAD_LIMIT)
  await once(source.resume(), 'end')
})
