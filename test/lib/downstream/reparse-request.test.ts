import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import http, { type IncomingMessage, type RequestListener } from 'node:http'
import https from 'node:https'
import net, { type Socket } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import tls from 'node:tls'
import t, { type Test } from 'tap'
import { reparseRequest } from '../../../lib/downstream/reparse-request.ts'
import { whenItsTurn } from '../../../lib/downstream/upgrade.ts'
import { connectPair, listen, portOf, readAll } from './sockets.ts'

const pem = (name: string) => readFileSync(new URL(`../../fixtures/tls/${name}.pem`, import.meta.url), 'utf8')

interface Exchanged {
  /** What the server's own listener saw. */
  requests: unknown[]
  /** What the client got, without dates. */
  answers: string
  /** How many requests were given back. */
  given: number
}

/** Sends bytes, piece by piece, to a server that gives back what asks for a switch, and tells what it was asked. */
async function exchange (t: Test, pieces: readonly string[], isSecure: boolean): Promise<Exchanged> {
  const requests: unknown[] = []
  const answer: RequestListener = async (request, response) => {
    const { method, url, httpVersion, rawHeaders } = request
    const index = requests.push(undefined) - 1
    const body = Buffer.concat(await request.toArray()).toString('latin1')
    requests[index] = {
      method,
      url,
      httpVersion,
      headers: withoutConnection(rawHeaders),
      trailers: { ...request.trailers },
      body,
    }
    response.end(`${url} ${body.length}`)
  }
  const server = isSecure ? https.createServer({ cert: pem('name.cert'), key: pem('name.key') }, answer) : http.createServer(answer)
  let given = 0
  server.on('upgrade', (request: IncomingMessage, socket: Socket, head) => {
    given++
    whenItsTurn(socket, () => reparseRequest(request, socket, head))
  })
  await listen(t, server)
  const port = portOf(server)
  const client = isSecure ? tls.connect({ port, host: '127.0.0.1', servername: 'localhost', ca: pem('name.cert') }) : net.connect(port, '127.0.0.1')
  t.teardown(() => client.destroy())
  const answers = readAll(client)
  for (const piece of pieces) {
    client.write(piece, 'latin1')
    // The server may, and need not, have read it before the next one comes.
    for (let i = 0; i < 10; i++) await setImmediate()
  }
  return { requests, answers: (await answers).replace(/\r\nDate: [^\r]*/g, ''), given }
}

function withoutConnection (rawHeaders: readonly string[]): string[] {
  return rawHeaders.filter((_, index) => !['connection', 'upgrade'].includes(rawHeaders[index - index % 2]!.toLowerCase()))
}

/**
 * The same requests, which do not ask for a switch. node itself drops what comes behind one that does and has a body.
 */
function withoutUpgrade (pieces: readonly string[]): string[] {
  return pieces.map(piece => piece.replace(/(\r\nconnection: [^\r]*?)upgrade/gi, '$1'))
}

const head = (line: string, ...lines: string[]) => [line, 'Host: a', ...lines, '', ''].join('\r\n')
const H2C = ['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA']
const LAST = head('GET /last HTTP/1.1', 'Connection: close')

const rows: { name: string, pieces: string[], given?: number }[] = [
  { name: 'without a body', pieces: [head('GET /a?b=c HTTP/1.1', ...H2C), LAST] },
  { name: 'with a body', pieces: [`${head('POST /a HTTP/1.1', ...H2C, 'Content-Length: 5')}abcde`, LAST] },
  { name: 'with a body that comes later, in parts', pieces: [head('POST /a HTTP/1.1', ...H2C, 'Content-Length: 5'), 'ab', 'c', `de${LAST}`] },
  { name: 'with a chunked body', pieces: [`${head('POST /a HTTP/1.1', ...H2C, 'Transfer-Encoding: chunked')}3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n`, LAST] },
  { name: 'with a chunked body and trailers, in parts', pieces: [`${head('POST /a HTTP/1.1', ...H2C, 'Transfer-Encoding: chunked', 'Trailer: x-sum')}3\r\na`, 'bc\r\n0\r\nX-Su', `m: 5\r\n\r\n${LAST}`] },
  { name: 'with a body of 1 MB', pieces: [`${head('POST /a HTTP/1.1', ...H2C, 'Content-Length: 1000000')}${'x'.repeat(1_000_000)}${LAST}`] },
  { name: 'with a pipelined request behind it in the same read', pieces: [`${head('POST /a HTTP/1.1', ...H2C, 'Content-Length: 5')}abcde${head('GET /b HTTP/1.1')}${LAST}`] },
  { name: 'behind another request of its connection', pieces: [head('GET /first HTTP/1.1'), head('GET /a HTTP/1.1', ...H2C), LAST] },
  { name: 'three of them', pieces: Array.from({ length: 3 }, (_, i) => head(`GET /${i} HTTP/1.1`, ...H2C)).concat(LAST), given: 3 },
  { name: 'three of them in one read', pieces: [Array.from({ length: 3 }, (_, i) => `${head(`POST /${i} HTTP/1.1`, ...H2C, 'Content-Length: 1')}x`).join('') + LAST], given: 3 },
  { name: 'that closes its connection', pieces: [head('GET /a HTTP/1.1', 'Connection: Upgrade, close', 'Upgrade: h2c')] },
  { name: 'with Connection in two lines', pieces: [head('GET /a HTTP/1.1', 'connection: UPGRADE', 'CONNECTION: close', 'Upgrade: h2c')] },
  { name: 'of HTTP/1.0', pieces: [head('GET /a HTTP/1.0', 'Connection: Upgrade', 'Upgrade: h2c')] },
  { name: 'of HTTP/1.0 that keeps its connection', pieces: [head('GET /a HTTP/1.0', 'Connection: keep-alive, upgrade', 'Upgrade: h2c'), LAST] },
  { name: 'with repeated and empty headers, and bytes that are no ASCII', pieces: [head('GET /a HTTP/1.1', ...H2C, 'X: 1', 'x: caf\xe9 \xc3\xa9', 'Y:', 'X: a:  b'), LAST] },
  { name: 'with the whole of its target', pieces: [head('OPTIONS * HTTP/1.1', ...H2C), head('GET http://b/%20?%00#x HTTP/1.1', ...H2C), LAST], given: 2 },
]

for (const isSecure of [false, true]) {
  for (const { name, pieces, given = 1 } of rows) {
    t.test(`a request ${name} that asks for a switch is served as one that does not${isSecure ? ', over TLS' : ''}`, async t => {
      const expected = await exchange(t, withoutUpgrade(pieces), isSecure)
      const got = await exchange(t, pieces, isSecure)
      t.strictSame(got.requests, expected.requests)
      t.equal(got.answers, expected.answers)
      t.strictSame([got.given, expected.given], [given, 0])
    })
  }
}

t.test('what is given back has its Connection, and no Upgrade any more', async t => {
  const seen: string[][] = []
  const server = http.createServer(({ rawHeaders }, response) => {
    seen.push(rawHeaders)
    response.end()
  })
  server.on('upgrade', reparseRequest)
  await listen(t, server)
  const client = net.connect(portOf(server), '127.0.0.1')
  t.teardown(() => client.destroy())
  client.write(head('GET / HTTP/1.1', 'Connection: upgrade, HTTP2-Settings', 'uPGRADE: h2c', 'X-A: 1'))
  await once(client, 'data')
  t.strictSame(seen[0]!.filter(text => text.toLowerCase() !== 'host').slice(-4), ['Connection', 'upgrade, HTTP2-Settings', 'X-A', '1'])
})

const CLEAN = { method: 'GET', url: '/', httpVersion: '1.1', rawHeaders: ['Host', 'a', 'Connection', 'Upgrade', 'Upgrade', 'h2c'] }

/** Gives a made-up request back on a socket of a made-up server. */
async function giveMadeUp (t: Test, changes: Partial<IncomingMessage>, hasServer = true) {
  const { client, server: socket } = await connectPair(t)
  let connections = 0
  const server = http.createServer().removeAllListeners('connection').on('connection', () => { connections++ })
  reparseRequest({ ...CLEAN, ...changes } as IncomingMessage, Object.assign(socket, { server: hasServer ? server : undefined }), Buffer.from('rest'))
  return { client, socket, connections: () => connections }
}

t.test('what is given back is the head, and what came behind it', async t => {
  const { socket, connections } = await giveMadeUp(t, {})
  t.equal(connections(), 1)
  t.equal(String(socket.read()), 'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\n\r\nrest')
})

const unsafe: { name: string, changes: Partial<IncomingMessage> }[] = [
  { name: 'a value with a CRLF', changes: { rawHeaders: ['X', 'a\r\nContent-Length: 4'] } },
  { name: 'a value with a line feed', changes: { rawHeaders: ['Host', 'a', 'X', 'a\nb'] } },
  { name: 'a value with a carriage return', changes: { rawHeaders: ['X', 'a\rb'] } },
  { name: 'a value with a line break at its end', changes: { rawHeaders: ['X', 'a\n'] } },
  { name: 'a Connection with a line break', changes: { rawHeaders: ['Connection', 'upgrade, a\nb'] } },
  { name: 'a name with a line break', changes: { rawHeaders: ['X\nY', 'a'] } },
  { name: 'a target with a line break', changes: { url: '/\r\nX: y' } },
]

for (const { name, changes } of unsafe) {
  t.test(`${name} would be another request: the connection is closed`, async t => {
    const { socket, client, connections } = await giveMadeUp(t, changes)
    t.ok(socket.destroyed)
    t.equal(await readAll(client), '')
    t.equal(connections(), 0)
  })
}

t.test('a connection that is of no server is closed', async t => {
  const { socket, connections } = await giveMadeUp(t, {}, false)
  t.ok(socket.destroyed)
  t.equal(connections(), 0)
})
