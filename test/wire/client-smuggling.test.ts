import { EventEmitter, once } from 'node:events'
import Fastify, { type FastifyServerOptions } from 'fastify'
import t, { type Test } from 'tap'
import gateway from '../../index.ts'
import { type Listen, listenGateway, servers } from '../helpers/gateways.ts'
import { connectRaw, formatRequest, sendBytes, statusesOf } from '../helpers/raw-client.ts'
import { portOf } from '../helpers/servers.ts'
import { type Recorder, startRecorder } from '../helpers/upstreams.ts'

// What a gateway must not pass on, because another parser could see another request in it (RFC 9112, sections 2 to 6
// and 9, and 11.2). Behind each of these stands a request for a path that says so, and nothing of that may get through.

const SMUGGLED = formatRequest('GET /app/smuggled')
const CHUNKED = '3\r\nabc\r\n0\r\n\r\n'

interface Attack {
  name: string
  bytes: string
  /** The fault is behind the head, so that the head may have been sent on when it is seen. */
  isLate?: boolean
  /** With `insecureHTTPParser` node takes it without an error: for two requests, or for one that goes on for ever. */
  isUnseen?: 'two' | 'endless'
  /** Answered 431 by a node that refuses it itself, as 22 and newer do. */
  hasManyFields?: boolean
}

/** Marks attacks, by the beginnings of their names. */
function markUnseen (attacks: Attack[], as: 'two' | 'endless', ...names: string[]): Attack[] {
  return attacks.map(attack => names.some(name => attack.name.startsWith(name)) ? { ...attack, isUnseen: as } : attack)
}

function withLines (name: string, ...lines: string[]): Attack {
  return { name, bytes: ['GET /app/ HTTP/1.1', 'Host: gateway.test', ...lines, '', ''].join('\r\n') }
}

function upload (name: string, lines: string[], body: string): Attack {
  return { name, bytes: ['POST /app/ HTTP/1.1', 'Host: gateway.test', ...lines, '', body].join('\r\n') }
}

function withLength (value: string): Attack {
  return upload(`Content-Length: ${JSON.stringify(value)}`, [`Content-Length: ${value}`], 'abc')
}

function withCoding (value: string): Attack {
  return upload(`Transfer-Encoding: ${JSON.stringify(value)}`, [`Transfer-Encoding: ${value}`], CHUNKED)
}

function withChunks (name: string, body: string): Attack {
  return { ...upload(name, ['Transfer-Encoding: chunked'], body), isLate: true }
}

function withHost (...values: string[]): Attack {
  const lines = values.map(value => `Host: ${value}`)
  return { name: `Host: ${values.map(value => JSON.stringify(value)).join(' and ') || 'none'}`, bytes: ['GET /app/ HTTP/1.1', ...lines, '', ''].join('\r\n') }
}

function withRequestLine (line: string): Attack {
  return { name: `request line ${JSON.stringify(line)}`, bytes: `${line}\r\nHost: gateway.test\r\n\r\n` }
}

const framing: Attack[] = [
  upload('Content-Length before Transfer-Encoding', ['Content-Length: 5', 'Transfer-Encoding: chunked'], '0\r\n\r\n'),
  upload('Transfer-Encoding before Content-Length', ['Transfer-Encoding: chunked', 'Content-Length: 5'], '0\r\n\r\n'),
  upload('Content-Length: 0 beside Transfer-Encoding', ['Content-Length: 0', 'Transfer-Encoding: chunked'], CHUNKED),
  upload('two equal Content-Lengths', ['Content-Length: 3', 'Content-Length: 3'], 'abc'),
  upload('two different Content-Lengths', ['Content-Length: 3', 'content-length: 0'], 'abc'),
  ...['3, 3', '3,0', '+3', '-3', '', '0x3', '3 3', '3e0', '3.0', '3;', '"3"', '3_0', '99999999999999999999'].map(withLength),
  ...[
    'gzip, chunked', 'chunked, gzip', 'chunked, chunked', 'identity', 'identity, chunked', '', 'xchunked', 'chunkedx', '\x0bchunked',
    'chunked\x0b', 'chunked,', ',chunked', '"chunked"', 'chunked;q=1', 'chunked\x00', 'ch\xfbnked', 'chunked identity',
  ].map(withCoding),
  upload('two Transfer-Encodings', ['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'], CHUNKED),
  upload('chunked, then identity', ['Transfer-Encoding: chunked', 'Transfer-Encoding: identity'], CHUNKED),
  upload('identity, then chunked', ['Transfer-Encoding: identity', 'Transfer-Encoding: chunked'], CHUNKED),
  withLines('Transfer-Encoding: gzip on a GET', 'Transfer-Encoding: gzip'),
  { name: 'HTTP/1.0 with Transfer-Encoding', bytes: `POST /app/ HTTP/1.0\r\nHost: gateway.test\r\nTransfer-Encoding: chunked\r\n\r\n${CHUNKED}` },
  { name: 'HTTP/1.0 with Transfer-Encoding, kept alive', bytes: `POST /app/ HTTP/1.0\r\nHost: gateway.test\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n${CHUNKED}` },
  { name: 'HTTP/1.0 with both', bytes: 'POST /app/ HTTP/1.0\r\nHost: gateway.test\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n' },
  { ...withLines('a Content-Length behind as many fields as node keeps', ...Array<string>(999).fill('a: b'), `Content-Length: ${SMUGGLED.length}`), hasManyFields: true },
  { ...withLines('more fields than node keeps', ...Array<string>(1200).fill('a: b')), hasManyFields: true },
]

const fields: Attack[] = [
  withLines('an obsolete fold', 'X-A: b', ' c'),
  withLines('an obsolete fold with a tab', 'X-A: b', '\tc'),
  { name: 'a fold before the first field', bytes: 'GET /app/ HTTP/1.1\r\n X-A: b\r\nHost: gateway.test\r\n\r\n' },
  { name: 'a Host behind white space', bytes: 'GET /app/ HTTP/1.1\r\n Host: gateway.test\r\n\r\n' },
  upload('a folded Transfer-Encoding', ['Transfer-Encoding:', ' chunked'], CHUNKED),
  upload('a Transfer-Encoding in a fold', ['X-A: b', ' Transfer-Encoding: chunked'], CHUNKED),
  upload('a folded Content-Length', ['Content-Length:', ' 3'], 'abc'),
  upload('a Content-Length folded in its middle', ['Content-Length: 1', ' 0'], 'abc'),
  withLines('a space before a colon', 'X-A : b'),
  withLines('a tab before a colon', 'X-A\t: b'),
  upload('a space before the colon of Content-Length', ['Content-Length : 3'], 'abc'),
  upload('a space before the colon of Transfer-Encoding', ['Transfer-Encoding : chunked'], CHUNKED),
  upload('a tab before the colon of Transfer-Encoding', ['Transfer-Encoding\t: chunked'], CHUNKED),
  { name: 'a space before the colon of Host', bytes: 'GET /app/ HTTP/1.1\r\nHost : gateway.test\r\n\r\n' },
  withLines('a field without a colon', 'X-A'),
  withLines('a field without a name', ': b'),
  withLines('a NUL in a name', 'X\x00A: b'),
  withLines('a control character in a name', 'X\x01A: b'),
  withLines('a byte above 127 in a name', 'X\xe9A: b'),
  withLines('a delimiter in a name', 'X(A): b'),
  withLines('a NUL in a value', 'X-A: a\x00b'),
  withLines('a control character in a value', 'X-A: a\x01b'),
  withLines('a DEL in a value', 'X-A: a\x7fb'),
]

const lineEnds: Attack[] = [
  { name: 'bare line feeds only', bytes: 'GET /app/ HTTP/1.1\nHost: gateway.test\n\n' },
  { name: 'a bare line feed behind the request line', bytes: 'GET /app/ HTTP/1.1\nHost: gateway.test\r\n\r\n' },
  { name: 'a bare line feed between fields', bytes: 'GET /app/ HTTP/1.1\r\nHost: gateway.test\nX-A: b\r\n\r\n' },
  { name: 'a bare line feed before Transfer-Encoding', bytes: `POST /app/ HTTP/1.1\r\nHost: gateway.test\r\nX-A: b\nTransfer-Encoding: chunked\r\n\r\n${CHUNKED}` },
  { name: 'a bare line feed at the end of the head', bytes: 'GET /app/ HTTP/1.1\r\nHost: gateway.test\r\n\n' },
  { name: 'bare line feeds around a request', bytes: 'GET /app/ HTTP/1.1\r\nHost: gateway.test\r\nX-A: b\n\nGET /app/smuggled HTTP/1.1\r\nHost: gateway.test\r\n\r\n' },
  { name: 'a bare carriage return in a value', bytes: 'GET /app/ HTTP/1.1\r\nHost: gateway.test\r\nX-A: b\rX-B: c\r\n\r\n' },
  { name: 'a bare carriage return before Content-Length', bytes: 'POST /app/ HTTP/1.1\r\nHost: gateway.test\r\nX-A: b\rContent-Length: 3\r\n\r\nabc' },
  { name: 'bare carriage returns around a request', bytes: 'GET /app/ HTTP/1.1\r\nHost: gateway.test\r\nX-A: b\r\rGET /app/smuggled HTTP/1.1\r\nHost: gateway.test\r\n\r\n' },
  { name: 'a doubled carriage return', bytes: 'GET /app/ HTTP/1.1\r\nHost: gateway.test\r\r\n\r\n' },
  { name: 'bare carriage returns only', bytes: 'GET /app/ HTTP/1.1\rHost: gateway.test\r\r' },
]

const requestLines: Attack[] = [
  { name: 'HTTP/0.9, without a version', bytes: 'GET /app/\r\n\r\n' },
  ...[
    'GET /app/ HTTP/0.9', 'GET /app/ HTTP/2.0', 'GET /app/ HTTP/1.2', 'GET /app/ HTTP/1.11', 'GET /app/ HTTP/3.0', 'GET /app/ http/1.1',
    'GET /app/ HTTP/1.1 x', 'GET /app/ HTTP/11', 'GET /app/ HTTP/+1.1', 'GET /app/ ICE/1.0', 'GET\t/app/\tHTTP/1.1', 'GET /app/ x HTTP/1.1',
    'GET /app/\x00 HTTP/1.1', 'GET /app/\x7f HTTP/1.1', 'get /app/ HTTP/1.1', 'FOO /app/ HTTP/1.1', 'G(T /app/ HTTP/1.1', 'GET app/ HTTP/1.1', ' GET /app/ HTTP/1.1',
  ].map(withRequestLine),
  { name: 'the preface of HTTP/2', bytes: 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n' },
  { name: 'the preface of HTTP/2 with a prior request', bytes: 'GET /app/ HTTP/2.0\r\nHost: gateway.test\r\nContent-Length: 3\r\n\r\nabc' },
]

const hosts: Attack[] = [
  [], [''], ['a', 'a'], ['a', 'b'], ['a b'], ['a, b'], ['a/b'], ['a@b'], ['u:p@a'], ['a?b'], ['a#b'], ['http://a'], ['a:b'], ['a:1:2'], ['[::1'], ['::1'],
  ['a\\b'], ['a"b'], ['<a>'], ['a\xe9'],
].map(values => withHost(...values))

const chunks: Attack[] = [
  withChunks('a line feed in a chunk extension', '3;a\nabc\r\n0\r\n\r\n'),
  withChunks('a carriage return in a chunk extension', '3;a\rb\r\nabc\r\n0\r\n\r\n'),
  withChunks('bare line feeds for chunk ends', '3\nabc\n0\n\n'),
  withChunks('a bare line feed behind a chunk', '3\r\nabc\n0\r\n\r\n'),
  withChunks('bare carriage returns for chunk ends', '3\rabc\r0\r\r'),
  withChunks('a bare line feed behind the last chunk', `3\r\nabc\r\n0\n\n${SMUGGLED}`),
  ...['0x3', '3 ', ' 3', '+3', '-3', '', '3_', '3g', '3,3', '10000000000000003', 'ffffffffffffffffff', '3\r', '\x003'].map(size => (
    withChunks(`chunk size ${JSON.stringify(size)}`, `${size}\r\nabc\r\n0\r\n\r\n`)
  )),
  withChunks('a chunk without its end', '3\r\nabc0\r\n\r\n'),
  withChunks('a chunk longer than its size', '3\r\nabcGET /app/smuggled HTTP/1.1\r\n0\r\n\r\n'),
  withChunks('a Content-Length in the trailer', '0\r\nContent-Length: 5\r\n\r\n'),
  withChunks('a Transfer-Encoding in the trailer', '0\r\nTransfer-Encoding: chunked\r\n\r\n'),
  withChunks('a fold in the trailer', '0\r\nX-A: b\r\n c\r\n\r\n'),
  withChunks('a space before a colon in the trailer', '0\r\nX-A : b\r\n\r\n'),
  withChunks('a bare line feed in the trailer', '0\r\nX-A: b\nX-B: c\r\n\r\n'),
  withChunks('a request for a trailer', '0\r\nGET /app/smuggled HTTP/1.1\r\n\r\n'),
]

const afterTheEnd: Attack[] = [
  { name: 'a request behind Connection: close', bytes: formatRequest('GET /app/'), isLate: true },
  { name: 'a request behind Connection: close and a body', bytes: formatRequest('POST /app/', ['Content-Length: 3'], 'abc'), isLate: true },
  { name: 'a request behind Connection: close and a chunked body', bytes: formatRequest('POST /app/', ['Transfer-Encoding: chunked'], CHUNKED), isLate: true },
  { name: 'a request behind Connection: close among others', bytes: 'GET /app/ HTTP/1.1\r\nHost: gateway.test\r\nConnection: x, Close\r\n\r\n', isLate: true },
  { name: 'a request behind one of HTTP/1.0', bytes: 'GET /app/ HTTP/1.0\r\nHost: gateway.test\r\n\r\n', isLate: true },
  { name: 'bytes behind Connection: close', bytes: `${formatRequest('GET /app/')}smuggled`, isLate: true },
]

const attacks = {
  framing,
  fields: markUnseen(fields, 'two', 'an obsolete fold', 'a fold before', 'a Host behind', 'a folded Transfer-Encoding', 'a folded Content-Length'),
  lineEnds: markUnseen(lineEnds, 'two', 'bare line feeds', 'a bare line feed'),
  requestLines,
  hosts,
  chunks: markUnseen(markUnseen(chunks, 'two',
    'a line feed in a chunk', 'a bare line feed behind a chunk', 'bare carriage returns', 'chunk size "3 "', 'a chunk without its end', 'a Content-Length in',
    'a Transfer-Encoding in', 'a fold in', 'a bare line feed in'), 'endless', 'a carriage return in a chunk', 'chunk size "3\\r"'),
  afterTheEnd,
}

const listenLeniently: Listen = (t, options) =>
  listenGateway(t, options, { http: { insecureHTTPParser: true } } as FastifyServerOptions)

for (const { name, listen } of [...servers, { name: 'in a server with insecureHTTPParser', listen: listenLeniently }]) {
  for (const [group, list] of Object.entries(attacks)) {
    t.test(`nothing is smuggled by ${group}, ${name}`, async t => {
      const upstream = await startRecorder(t)
      const { port } = await listen(t, { apps: [{ name: 'app', upstreams: upstream.origin }] })
      for (const attack of list) {
        if (listen === listenLeniently && attack.isUnseen !== undefined) continue
        await t.test(attack.name, t => assertRefused(t, port, upstream, attack))
      }
    })
  }
}

async function assertRefused (
  t: Test,
  port: number,
  upstream: Recorder,
  { bytes, isLate = false, hasManyFields = false }: Attack
): Promise<void> {
  upstream.reset()
  const response = await sendBytes(t, port, bytes + SMUGGLED)
  const allowed = isLate ? /^(?:200|400)?$/ : hasManyFields ? /^4(?:00|31)$/ : /^(?:400(?:,400)?)?$/
  t.match(statusesOf(response).join(), allowed, `its responses: ${JSON.stringify(response)}`)
  await assertInOrder(t, port)
  const forwarded = upstream.bytes()
  t.notMatch(forwarded, /smuggled/, 'nothing of the second request is forwarded')
  const heads = forwarded.match(/ HTTP\/1\.[01]\r\n/g) ?? []
  t.ok(heads.length <= (isLate ? 2 : 1), `no more is forwarded than the probe: ${JSON.stringify(forwarded)}`)
}

/** The next request gets its own response: no connection to the upstream is one response behind. */
async function assertInOrder (t: Test, port: number): Promise<void> {
  const response = await sendBytes(t, port, formatRequest('GET /app/probe'))
  t.match(response, /^HTTP\/1\.1 200 [^]*\/probe/)
}

t.test('what insecureHTTPParser hides from the gateway reaches the upstream in one reading only', async t => {
  const upstream = await startRecorder(t)
  const { port } = await listenLeniently(t, { apps: [{ name: 'app', upstreams: upstream.origin }] })
  for (const { name, bytes } of Object.values(attacks).flat().filter(({ isUnseen }) => isUnseen === 'two')) {
    upstream.reset()
    const response = await sendBytes(t, port, bytes + SMUGGLED)
    const heads = upstream.bytes().match(/[A-Z]+ \/\S* HTTP\/1\.1\r\n(?:[\w-]+: [^\r\n]*\r\n)+\r\n/g) ?? []
    t.equal(heads.length, statusesOf(response).length, `${name}: as many requests as responses`)
    const beside = heads.reduce((rest, head) => rest.replace(head, ''), upstream.bytes())
    t.match(beside, /^(?:|abc|(?:3\r\nabc\r\n)?0\r\n(?:[\w-]+: [^\r\n]*\r\n)*\r\n)$/, `${name}: nothing beside them but a body and its trailers`)
    await assertInOrder(t, port)
  }
})

t.test('a refused request behind a good one does not touch that one\'s response', async t => {
  const upstream = await startRecorder(t)
  for (const { name, listen } of servers) {
    upstream.reset()
    const { port } = await listen(t, { apps: [{ name: 'app', upstreams: upstream.origin }] })
    const client = await connectRaw(t, port)
    client.write('GET /app/good HTTP/1.1\r\nHost: gateway.test\r\n\r\n')
    await client.until(/\/good/)
    client.write(`POST /app/bad HTTP/1.1\r\nHost: gateway.test\r\nTransfer-Encoding: gzip, chunked\r\n\r\n${CHUNKED}${SMUGGLED}`)
    t.strictSame(statusesOf(await client.closed()), [200, 400], name)
    t.notMatch(upstream.bytes(), /bad|smuggled/, name)
  }
})

t.test('a refused request is not overtaken by the next one while a hook of the server\'s looks at it', async t => {
  const upstream = await startRecorder(t)
  const fastify = Fastify()
  t.teardown(() => fastify.close())
  const overtaken = new EventEmitter()
  fastify.addHook('onRequest', async ({ url }) => {
    // The good one's hook is done before the bad one's: both stand in one packet.
    if (url === '/app/bad') await once(overtaken, 'now')
  })
  fastify.addHook('onRequest', async ({ url }) => {
    if (url === '/app/smuggled') setImmediate(() => overtaken.emit('now'))
  })
  await fastify.register(gateway, { apps: [{ name: 'app', upstreams: upstream.origin }] })
  await fastify.listen({ port: 0, host: '127.0.0.1' })
  const response = await sendBytes(t, portOf(fastify.server), `POST /app/bad HTTP/1.1\r\nHost: gateway.test\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n${SMUGGLED}`)
  t.strictSame(statusesOf(response), [400])
  t.equal(upstream.bytes(), '')
})
