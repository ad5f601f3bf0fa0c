import t from 'tap'
import { listenHost, startEcho, startHost } from '../helpers/host-server.ts'
import { connectRaw } from '../helpers/raw-client.ts'
import { startUpstream } from '../helpers/upstreams.ts'

const spoofed = { 'X-User-Id': 'admin', 'X-Internal': '1' }
t.test('the app receives what a hook has set, and nothing that it has deleted', async t => {
  const fastify = await startHost(t, { apps: [{ name: 'app', upstreams: await startEcho(t) }] }, {
    before: fastify => fastify.addHook('onRequest', async ({ headers }) => {
      delete headers['x-internal']
      headers['x-user-id'] = 'alice'
      headers['x-forwarded-for'] = '192.0.2.9'
      headers['x-remote_user'] = 'alice'
      headers.host = 'inner.example'
      headers['content-length'] = '99'
      headers.connection = 'x-user-id'
    }),
  })
  const port = await listenHost(fastify)
  const client = await connectRaw(t, port)
  const lines = Object.entries({ ...spoofed, 'X-A': '1', 'x-a': '2' }).map(([name, value]) => `${name}: ${value}\r\n`).join('')
  client.write(`GET /app/ HTTP/1.1\r\nHost: a\r\n${lines}Connection: close\r\n\r\n`)
  const text = await client.closed()
  const raw = JSON.parse(text.slice(text.indexOf('['), text.lastIndexOf(']') + 1)) as string[]
  const valuesOf = (name: string) => raw.filter((_, index) => index % 2 === 1 && raw[index - 1]!.toLowerCase() === name)
  t.strictSame(valuesOf('x-user-id'), ['alice'])
  t.strictSame(valuesOf('x-internal'), [])
  t.strictSame(valuesOf('x-forwarded-for'), ['192.0.2.9'], 'instead of the gateway\'s own')
  t.strictSame(valuesOf('x-remote_user'), ['alice'], 'what a hook says is no spoof')
  t.strictSame(valuesOf('host'), ['inner.example'])
  t.strictSame(valuesOf('content-length'), [])
  t.strictSame(raw.filter(each => each === 'X-A' || each === 'x-a'), ['X-A', 'x-a'], 'repeated fields stay as they came')
})

t.test('a hook that deletes a client\'s claim does not delete what the gateway says', async t => {
  const fastify = await startHost(t, { apps: [{ name: 'app', upstreams: await startEcho(t) }] }, {
    before: fastify => fastify.addHook('preHandler', async ({ headers }) => { for (const name of ['x-forwarded-for', 'x-request-id']) delete headers[name] }),
  })
  const raw = (await fastify.inject({ url: '/app/', headers: { 'x-forwarded-for': '192.0.2.1', 'x-request-id': 'mine' } })).json<string[]>()
  t.equal(raw[raw.indexOf('X-Forwarded-For') + 1], '127.0.0.1')
  t.equal(raw[raw.indexOf('X-Request-Id') + 1], 'mine')
})

t.test('hooks see the Content-Type that came, and the app receives it, also one that Fastify would refuse', async t => {
  const seen: unknown[] = []
  const fastify = await startHost(t, { apps: [{ name: 'app', upstreams: await startEcho(t) }] }, {
    before: fastify => fastify.addHook('preHandler', async ({ headers }) => { seen.push(headers['content-type']) }),
  })
  for (const [method, type] of [['POST', 'nonsense'], ['PUT', 'a b/c'], ['QUERY', undefined]] as const) {
    const raw = (await fastify.inject({ method: method as 'POST', url: '/app/', payload: 'x', headers: { ...(type !== undefined && { 'content-type': type }) } })).json<string[]>()
    t.equal(seen.pop(), type, method)
    t.equal(raw[raw.findIndex(name => name.toLowerCase() === 'content-type') + 1], type ?? raw[0], method)
  }
})

t.test('what a hook puts into request.body changes nothing of what the app receives', async t => {
  const upstream = await startUpstream(t, async (request, response) => {
    const chunks = await request.toArray()
    response.setHeader('content-type', 'text/plain').end(`${request.method} ${request.headers['content-length']} ${Buffer.concat(chunks)}`)
  })
  for (const body of ['a string', { an: 'object' }, Buffer.from('bytes')]) {
    const fastify = await startHost(t, { apps: [{ name: 'app', upstreams: upstream }] }, {
      before: fastify => fastify.addHook('preHandler', async request => { request.body = body }),
    })
    t.equal((await fastify.inject('/app/')).body, 'GET undefined ')
    t.equal((await fastify.inject({ method: 'POST', url: '/app/', payload: 'hi', headers: { 'content-type': 'text/plain' } })).body, 'POST 2 hi')
  }
})
