import { once } from 'node:events'
import http, { type IncomingMessage } from 'node:http'
import net from 'node:net'
import { PassThrough, Readable } from 'node:stream'
import { setTimeout } from 'node:timers/promises'
import t, { type Test } from 'tap'
import type { RetryRule } from '../../../lib/location.ts'
import { RequestBody } from '../../../lib/dispatch/request-body.ts'
import { createBodyReader, bufferBody, readSmallBody, SMALL_BODY_LIMIT } from '../../../lib/dispatch/read-request-body.ts'
import { listen, portOf } from '../downstream/sockets.ts'

interface Changes {
  upload?: typeof readSmallBody
  /** Done with the request before. */
  prepare?: (request: IncomingMessage) => unknown
  /** Done with the client, when all is written. */
  finish?: (client: net.Socket) => void
}

/**
 * What `readSmallBody`, or another, makes of a request that is written as these pieces, asked a while after its head
 * came.
 */
async function take (
  t: Test,
  pieces: string[],
  { upload = readSmallBody, prepare, finish }: Changes = {}
): Promise<Buffer | Readable> {
  const server = http.createServer()
  await listen(t, server)
  const client = net.connect(portOf(server), '127.0.0.1')
  t.teardown(() => client.destroy())
  client.write(pieces[0]!)
  const [request] = (await once(server, 'request')) as [IncomingMessage]
  await setTimeout(20)
  await prepare?.(request)
  const body = new Promise<Buffer | Readable>(resolve => upload(request, request.headers['content-length'], resolve))
  if (upload === readSmallBody) await body
  for (const piece of pieces.slice(1)) {
    client.write(piece)
    await setTimeout(5)
  }
  finish?.(client)
  return body
}

const head = (...lines: string[]) => ['POST / HTTP/1.1', 'Host: a', ...lines, '', ''].join('\r\n')
const keep: typeof readSmallBody = (source, length, done) => bufferBody(source, length, SMALL_BODY_LIMIT, done)
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
    readSmallBody(request, '3', resolve)
  }))
  const client = net.connect(portOf(server), '127.0.0.1')
  t.teardown(() => client.destroy())
  client.write(`${head('Content-Length: 3')}abc`)
  t.strictSame(await taken, Buffer.from('abc'))
})

const streamed: { name: string, pieces: string[], expected: string }[] = [
  { name: 'a small body that is still to come', pieces: [`${head('Content-Length: 6')}abc`, 'def'], expected: 'abcdef' },
  { name: 'a chunked body', pieces: [`${head('Transfer-Encoding: chunked')}3\r\nabc\r\n0\r\n\r\n`], expected: 'abc' },
  { name: 'a big body', pieces: [head(`Content-Length: ${SMALL_BODY_LIMIT + 1}`), 'x'.repeat(SMALL_BODY_LIMIT + 1)], expected: 'x'.repeat(SMALL_BODY_LIMIT + 1) },
]

for (const { name, pieces, expected } of streamed) {
  t.test(`${name} is a stream`, async t => {
    const body = await take(t, pieces)
    t.type(body, RequestBody)
    t.equal((await read(body)).toString(), expected)
  })
}

t.test('a body that somebody has read already is an empty stream', async t => {
  const body = await take(t, [`${head('Content-Length: 3')}abc`], { prepare: request => { request.read() } })
  t.type(body, RequestBody)
  t.equal((await read(body)).length, 0)
})

t.test('what a hook made of a body is a stream, whatever its length', async t => {
  const source = Readable.from(['abc'])
  const body = await new Promise<Buffer | Readable>(resolve => readSmallBody(source, '3', resolve))
  t.type(body, RequestBody)
  t.equal((await read(body)).toString(), 'abc')
})

t.test('a body of the limit is still one piece', async t => {
  const text = 'x'.repeat(SMALL_BODY_LIMIT)
  const source = new http.IncomingMessage(new net.Socket())
  source.push(text)
  source.push(null)
  source.complete = true
  const body = await new Promise<Buffer | Readable>(resolve => readSmallBody(source, String(SMALL_BODY_LIMIT), resolve))
  t.equal((body as Buffer).length, SMALL_BODY_LIMIT)
  await once(source.resume(), 'end')
})

const big = 'x'.repeat(SMALL_BODY_LIMIT + 1)
const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`

const kept: { name: string, pieces: string[], expected: string, isWhole: boolean }[] = [
  { name: 'a body that is here', pieces: [`${head('Content-Length: 3')}abc`], expected: 'abc', isWhole: true },
  { name: 'a body that is still to come', pieces: [`${head('Content-Length: 6')}abc`, 'd', 'ef'], expected: 'abcdef', isWhole: true },
  { name: 'a chunked body', pieces: [`${head('Transfer-Encoding: chunked')}${chunk('abc')}`, `${chunk('def')}0\r\n\r\n`], expected: 'abcdef', isWhole: true },
  { name: 'an empty chunked body', pieces: [`${head('Transfer-Encoding: chunked')}0\r\n\r\n`], expected: '', isWhole: true },
  { name: 'a body of the limit', pieces: [head(`Content-Length: ${SMALL_BODY_LIMIT}`), big.slice(1)], expected: big.slice(1), isWhole: true },
  { name: 'a longer body', pieces: [head(`Content-Length: ${SMALL_BODY_LIMIT + 1}`), big], expected: big, isWhole: false },
  { name: 'a chunked body that turns out to be longer', pieces: [`${head('Transfer-Encoding: chunked')}${chunk(big)}`, `${chunk('end')}0\r\n\r\n`], expected: `${big}end`, isWhole: false },
]

for (const { name, pieces, expected, isWhole } of kept) {
  t.test(`for a request that may be sent again: ${name} is ${isWhole ? 'one piece' : 'a stream'}`, async t => {
    const body = await take(t, pieces, { upload: keep })
    t.equal(Buffer.isBuffer(body), isWhole)
    t.ok((await read(body)).toString() === expected)
  })
}

t.test('a long body is not waited for', async t => {
  const body = await take(t, [head(`Content-Length: ${SMALL_BODY_LIMIT + 1}`)], { upload: keep })
  t.type(body, RequestBody)
})

t.test('a body to keep that somebody has read already is empty', async t => {
  const body = await take(t, [`${head('Content-Length: 3')}abc`], { upload: keep, prepare: request => request.toArray() })
  t.equal((await read(body)).length, 0)
})

t.test('a body to keep that the client breaks off says so', async t => {
  const body = await take(t, [`${head('Content-Length: 6')}abc`], { upload: keep, finish: client => { client.destroy() } })
  await t.rejects(read(body), { code: 'GW_ERR_CLIENT_CLOSED' })
})

t.test('a body to keep that a hook cannot read says so, early and late', async t => {
  const source = new PassThrough()
  const keep = () => new Promise<Buffer | Readable>(resolve => bufferBody(source, undefined, SMALL_BODY_LIMIT, resolve))
  const early = keep()
  source.write('half')
  source.destroy(new Error('bad gzip'))
  for (const body of [early, keep()]) await t.rejects(read(await body), { code: 'GW_ERR_BAD_REQUEST' })
})

const retry = { attempts: 1, methods: ['PUT'], statusCodes: [], maxBodyBytes: 3, budget: { percent: 20, minPerSecond: 10 } }
const readers: {
  name: string
  fastapiRedirect?: boolean
  retry?: RetryRule | null
  method: string
  body: string
  isWhole: boolean
}[] = [
  { name: 'a method that may be repeated', method: 'PUT', body: 'abc', isWhole: true },
  { name: 'one whose body is longer than maxBodyBytes', method: 'PUT', body: 'abcd', isWhole: false },
  { name: 'a method that may not', method: 'POST', body: 'abc', isWhole: false },
  {
    name: 'any method where redirects are followed',
    fastapiRedirect: true,
    method: 'POST',
    body: 'abcd',
    isWhole: true,
  },
  { name: 'the longer limit of both', fastapiRedirect: true, method: 'PUT', body: 'abcd', isWhole: true },
  { name: 'nothing without retries', retry: null, method: 'PUT', body: 'abc', isWhole: false },
  {
    name: 'nothing with no attempt at one',
    retry: { ...retry, attempts: 0 },
    method: 'PUT',
    body: 'abc',
    isWhole: false,
  },
]

for (const row of readers) {
  t.test(`what is kept: ${row.name}`, async t => {
    const readUpload = createBodyReader({
      fastapiRedirect: row.fastapiRedirect ?? false,
      retry: row.retry === undefined ? retry : row.retry,
    })
    const source = new PassThrough()
    const body = new Promise<Buffer | Readable>(resolve => readUpload(source, row.method, undefined, resolve))
    source.end(row.body)
    t.equal(Buffer.isBuffer(await body), row.isWhole)
    t.equal((await read(await body)).toString(), row.body)
  })
}
