import { once } from 'node:events'
import http, { type IncomingMessage, METHODS, type Server, ServerResponse } from 'node:http'
import net, { Socket } from 'node:net'
import t, { type Test } from 'tap'
import { allowOf, isForwarded, type Validity, validityOf, validateRequests } from '../../../lib/downstream/request-validation.ts'
import { listen, portOf } from './sockets.ts'

/** The verdicts on the requests in these bytes, in the order in which the server's own listener got them. */
async function vet (
  t: Test,
  bytes: string,
  { isVetted = true, maxHeadersCount = null as number | null } = {}
): Promise<Validity[]> {
  const server = http.createServer({ requireHostHeader: false })
  server.maxHeadersCount = maxHeadersCount
  const verdicts: Validity[] = []
  server.on('request', (request, response) => {
    verdicts.push(validityOf(request, response, server))
    if (request.url === '/last') setImmediate(() => request.socket.end())
  })
  if (isVetted) t.teardown(validateRequests(server))
  await listen(t, server)
  const client = net.connect(portOf(server), '127.0.0.1').on('error', () => {})
  t.teardown(() => client.destroy())
  client.resume().write(bytes)
  await once(client, 'end')
  return verdicts
}

const get = (path: string, ...lines: string[]) => [`GET ${path} HTTP/1.1`, ...lines, '', ''].join('\r\n')
const fine = { kind: 'valid' }
const late = { kind: 'late' }

const rows: {
  name: string
  bytes: string
  options?: { isVetted?: boolean; maxHeadersCount?: number }
  expected: object[]
}[] = [
  { name: 'good requests are fine', bytes: get('/', 'Host: a') + get('/last', 'Host: a'), expected: [fine, fine] },
  {
    name: 'a malformed one is, with its reason',
    bytes: get('/last'),
    expected: [{ kind: 'malformed', reason: 'no Host' }],
  },
  {
    name: 'what comes behind a malformed one is late',
    bytes: get('/') + get('/last', 'Host: a'),
    expected: [{ kind: 'malformed', reason: 'no Host' }, late],
  },
  {
    name: 'what comes behind a good one is judged by itself',
    bytes: get('/', 'Host: a') + get('/last'),
    expected: [fine, { kind: 'malformed', reason: 'no Host' }],
  },
  {
    name: 'a request that did not come through the listener is judged when it is asked for',
    bytes: get('/last'),
    options: { isVetted: false },
    expected: [{ kind: 'malformed', reason: 'no Host' }],
  },
  {
    name: 'the limit of the server counts',
    bytes: get('/last', 'Host: a', 'A: b'),
    options: { maxHeadersCount: 2 },
    expected: [{ kind: 'malformed', reason: 'too many header fields' }],
  },
  {
    name: 'a server without a limit drops none',
    bytes: get('/last', 'Host: a', ...Array.from({ length: 1100 }, (_, i) => `A${i}: b`)),
    options: { maxHeadersCount: 0 },
    expected: [fine],
  },
]

for (const { name, bytes, options = {}, expected } of rows) {
  t.test(`vetting: ${name}`, async t => t.strictSame(await vet(t, bytes, options), expected))
}

t.test('a validity stays, though the connection is closing by then', async t => {
  const server = http.createServer()
  const request = Object.assign(new http.IncomingMessage(new Socket()), { httpVersion: '1.1', rawHeaders: [] as string[] })
  const response = new ServerResponse(request)
  const first = validityOf(request, response, server)
  t.strictSame(first, { kind: 'malformed', reason: 'no Host' })
  t.equal(validityOf(request, response, server), first)
})

t.test('it ends when it is told to', async t => {
  const server: Server = http.createServer()
  const before = server.listeners('request')
  validateRequests(server)()
  t.strictSame(server.listeners('request'), before)
  t.type(validityOf(new http.IncomingMessage(new Socket()), new ServerResponse({ method: 'GET' } as IncomingMessage), server), Object)
})

t.test('every method that node knows is forwarded, but CONNECT and TRACE', async t => {
  t.strictSame(METHODS.filter(method => !isForwarded(method)), ['CONNECT', 'TRACE'])
})

t.test('Allow names what is forwarded', async t => {
  t.equal(allowOf(['GET', 'TRACE', 'POST', 'CONNECT']), 'GET, POST')
})
