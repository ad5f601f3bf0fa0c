import t from 'tap'
import { hasBody, readUpgrade, type UpgradeRequest } from '../../../lib/downstream/upgrade-request.ts'

const asked = (upgrade: string | undefined, changes: Partial<UpgradeRequest> = {}): UpgradeRequest => ({
  httpVersion: '1.1', upgrade: true, ...changes, headers: { connection: 'Upgrade', ...(upgrade === undefined ? {} : { upgrade }), ...changes.headers },
})

const rows: { name: string, request: UpgradeRequest, expected: string | null }[] = [
  { name: 'a WebSocket', request: asked('websocket'), expected: 'websocket' },
  { name: 'as the client spells it', request: asked('WebSocket'), expected: 'WebSocket' },
  { name: 'another protocol, with its version', request: asked('echo/1.0'), expected: 'echo/1.0' },
  { name: 'several', request: asked('websocket, echo/1'), expected: 'websocket, echo/1' },
  { name: 'several, written badly', request: asked(' ,websocket ,, echo/1,'), expected: 'websocket, echo/1' },
  { name: 'HTTP/2 without TLS', request: asked('h2c'), expected: null },
  { name: 'HTTP/2 without TLS, in capitals', request: asked('H2C'), expected: null },
  { name: 'HTTP/2 by its other name', request: asked('h2'), expected: null },
  { name: 'HTTP with a version', request: asked('HTTP/2.0'), expected: null },
  { name: 'HTTPS', request: asked('https'), expected: null },
  { name: 'TLS (RFC 2817)', request: asked('TLS/1.2, HTTP/1.1'), expected: null },
  { name: 'HTTP/2 without TLS before a WebSocket', request: asked('h2c, websocket'), expected: 'websocket' },
  { name: 'HTTP/2 without TLS among others, in any spelling', request: asked('echo/1,\tH2c ,h2c'), expected: 'echo/1' },
  { name: 'what only begins like HTTP', request: asked('h2cx, httpx, tls-like'), expected: 'h2cx, httpx, tls-like' },
  { name: 'nothing but commas', request: asked(' , ,'), expected: null },
  { name: 'nothing', request: asked(''), expected: null },
  { name: 'no header', request: asked(undefined), expected: null },
  { name: 'a request that node has left on its parser', request: asked('websocket', { upgrade: false }), expected: null },
  { name: 'a request of which node says nothing', request: asked('websocket', { upgrade: null }), expected: null },
  { name: 'an injected request', request: { httpVersion: '1.1', headers: { upgrade: 'websocket' } }, expected: null },
  { name: 'HTTP/1.0', request: asked('websocket', { httpVersion: '1.0' }), expected: null },
  { name: 'with a body', request: asked('websocket', { headers: { 'content-length': '3' } }), expected: null },
  { name: 'with a chunked body', request: asked('websocket', { headers: { 'transfer-encoding': 'chunked' } }), expected: null },
  { name: 'with an empty body', request: asked('websocket', { headers: { 'content-length': '0' } }), expected: 'websocket' },
]

for (const { name, request, expected } of rows) {
  t.test(`protocols to switch to: ${name}: ${expected}`, async t => t.equal(readUpgrade(request), expected))
}

const bodies: { name: string, headers: UpgradeRequest['headers'], expected: boolean }[] = [
  { name: 'neither header', headers: {}, expected: false },
  { name: 'no bytes', headers: { 'content-length': '0' }, expected: false },
  { name: 'some bytes', headers: { 'content-length': '10' }, expected: true },
  { name: 'what is no number', headers: { 'content-length': 'x' }, expected: true },
  { name: 'no number', headers: { 'content-length': '' }, expected: true },
  { name: 'chunks', headers: { 'transfer-encoding': 'chunked' }, expected: true },
  { name: 'chunks, and no bytes beside them', headers: { 'transfer-encoding': 'chunked', 'content-length': '0' }, expected: true },
  { name: 'a coding without a name', headers: { 'transfer-encoding': '' }, expected: true },
]

for (const { name, headers, expected } of bodies) {
  t.test(`a request says that it has a body: ${name}: ${expected}`, async t => t.equal(hasBody(headers), expected))
}
