import { once } from 'node:events'
import http from 'node:http'
import net from 'node:net'
import t, { type Test } from 'tap'
import { sendClientError } from '../../../lib/downstream/client-error.ts'
import { connectPair, listen, portOf, readAll } from './sockets.ts'

const errorOf = (code: string) => Object.assign(new Error(code), { code })

const statuses: [code: string, line: string][] = [
  ['HPE_INVALID_METHOD', '400 Bad Request'],
  ['HPE_HEADER_OVERFLOW', '431 Request Header Fields Too Large'],
  ['HPE_CHUNK_EXTENSIONS_OVERFLOW', '413 Payload Too Large'],
  ['ERR_HTTP_REQUEST_TIMEOUT', '408 Request Timeout'],
  ['', '400 Bad Request'],
]

for (const [code, line] of statuses) {
  t.test(`${code === '' ? 'an error without a code' : code} is answered ${line}, complete and with the end of the connection`, async t => {
    const { client, server } = await connectPair(t)
    sendClientError(code === '' ? new Error('x') : errorOf(code), server)
    const [head = '', body = ''] = (await readAll(client)).split('\r\n\r\n')
    t.ok(head.startsWith(`HTTP/1.1 ${line}\r\n`), head)
    t.match(head, /\r\nConnection: close(\r\n|$)/)
    t.match(head, new RegExp(`Content-Length: ${body.length}`))
    t.strictSame(JSON.parse(body), { statusCode: Number(line.slice(0, 3)), code: 'GW_ERR_BAD_REQUEST', error: line.slice(4), message: 'Malformed request' })
  })
}

t.test('a connection that was reset is closed without a word', async t => {
  const { client, server } = await connectPair(t)
  sendClientError(errorOf('ECONNRESET'), server)
  t.ok(server.destroyed)
  t.equal(await readAll(client), '')
})

t.test('bytes behind the answer are dropped, so that the client gets to read it', async t => {
  const { client, server } = await connectPair(t)
  sendClientError(errorOf('HPE_INVALID_METHOD'), server)
  sendClientError(errorOf('HPE_INVALID_METHOD'), server)
  t.notOk(server.destroyed)
  t.equal((await readAll(client)).match(/HTTP\/1\.1/g)?.length, 1)
  sendClientError(errorOf('ECONNRESET'), server)
  t.ok(server.destroyed, 'a reset ends it')
})

t.test('a connection that cannot be written to is closed', async t => {
  const { server } = await connectPair(t)
  server.destroy()
  t.doesNotThrow(() => sendClientError(errorOf('HPE_INVALID_METHOD'), server))
})

/** A server that never answers `/silent`, sends a head for `/busy`, and is asked by bytes. */
async function send (t: Test, bytes: string): Promise<{ text: string, requests: string[] }> {
  const requests: string[] = []
  const server = http.createServer((request, response) => {
    requests.push(request.url!)
    if (request.url === '/slow') setTimeout(() => response.end('slow'), 50)
    if (request.url === '/busy') response.write('half an answ')
    request.resume().on('error', () => {})
  })
  server.on('clientError', sendClientError)
  await listen(t, server)
  const client = net.connect(portOf(server), '127.0.0.1').on('error', () => {})
  t.teardown(() => client.destroy())
  let text = ''
  client.on('data', chunk => { text += chunk.toString('latin1') })
  client.write(bytes)
  await once(client, 'close')
  return { text, requests }
}

t.test('a malformed body is answered, as nothing of an answer was sent', async t => {
  const { text, requests } = await send(t, 'POST /silent HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n')
  t.strictSame(requests, ['/silent'])
  t.match(text, /^HTTP\/1\.1 400 Bad Request\r\n/)
})

t.test('nothing is written into an answer that is under way', async t => {
  const { text } = await send(t, 'POST /busy HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n')
  t.notMatch(text, /400/)
})

for (const junk of ['NOT HTTP\r\n\r\n', 'GET /late HTTP/1.1\r\nHost: a\r\n\r\n']) {
  t.test(`a good request gets its answer, and what follows none: ${junk.slice(0, 3)}`, async t => {
    const { text, requests } = await send(t, `GET /slow HTTP/1.1\r\nHost: a\r\n${junk.startsWith('GET') ? 'Connection: close\r\n' : ''}\r\n${junk}`)
    t.strictSame(requests, ['/slow'])
    t.match(text, /^HTTP\/1\.1 200 OK\r\n[^]*Connection: close[^]*\r\n\r\nslow$/)
  })
}

t.test('a connection is closed after its answer, though the client keeps it open', { timeout: 10_000 }, async t => {
  const { client, server } = await connectPair(t)
  sendClientError(errorOf('HPE_INVALID_METHOD'), server)
  await readAll(client)
  await once(server, 'close')
})
