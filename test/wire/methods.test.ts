import Fastify from 'fastify'
import t from 'tap'
import { options as serverOptions } from '../../app.ts'
import { resolveConfiguration } from '../../lib/configuration/resolve.ts'
import standalone from '../../plugins/standalone.ts'
import { listenStandalone, onEachServer } from '../helpers/gateways.ts'
import { connectRaw } from '../helpers/raw-client.ts'
import { startRecorder } from '../helpers/upstreams.ts'

const toRequest = (line: string) => `${line} HTTP/1.1\r\nHost: x\r\nCookie: secret=1\r\nConnection: close\r\n\r\n`

onEachServer('TRACE is refused, and forwarded where trace says so', async (t, listen) => {
  const recorder = await startRecorder(t)
  const { port } = await listen(t, { apps: [{ name: 'app', upstreams: recorder.origin }, { name: 'open', upstreams: recorder.origin, trace: true }] })
  const refused = await connectRaw(t, port)
  refused.write(toRequest('TRACE /app/x'))
  const text = await refused.closed()
  t.match(text, /^HTTP\/1\.1 405 [^]*\r\nallow: [A-Z, -]*GET[A-Z, -]*\r\n[^]*"code":"GW_ERR_METHOD_NOT_ALLOWED"/)
  t.notMatch(text, /TRACE,|secret/)
  t.equal(recorder.bytes(), '')

  const forwarded = await connectRaw(t, port)
  forwarded.write(toRequest('TRACE /open/x'))
  t.match(await forwarded.closed(), /^HTTP\/1\.1 200 [^]*\r\n\r\n\/x$/)
})

onEachServer('CONNECT is refused with a response', async (t, listen) => {
  const recorder = await startRecorder(t)
  const { port } = await listen(t, { apps: [{ name: 'app', prefix: '', upstreams: recorder.origin }] })
  for (const target of ['example.com:443', '/app/x']) {
    const client = await connectRaw(t, port)
    client.write(toRequest(`CONNECT ${target}`))
    t.match(
      await client.closed(),
      /^HTTP\/1\.1 405 Method Not Allowed\r\n[^]*\r\nallow: GET|^HTTP\/1\.1 405 [^]*"code":"GW_ERR_METHOD_NOT_ALLOWED"/
    )
  }
  t.equal(recorder.bytes(), '')
})

onEachServer('OPTIONS * is answered by the gateway where no app owns every path', async (t, listen, isOwn) => {
  const recorder = await startRecorder(t)
  for (const prefix of isOwn ? ['app', ''] : ['']) {
    const { port } = await listen(t, { addCorsHeaders: true, apps: [{ name: 'app', prefix, upstreams: recorder.origin }] })
    const client = await connectRaw(t, port)
    client.write(toRequest('OPTIONS *'))
    const text = await client.closed()
    t.match(text, /^HTTP\/1\.1 204 No Content\r\n(?:[^]*\r\n)?allow: [A-Z, -]*OPTIONS/)
    t.notMatch(text, /content-length/i)
  }
  t.equal(recorder.bytes(), '')
})

t.test('a GET of * is no path', async t => {
  const recorder = await startRecorder(t)
  const { port } = await listenStandalone(t, { apps: [{ name: 'app', prefix: '', upstreams: recorder.origin }] })
  const client = await connectRaw(t, port)
  client.write(toRequest('GET *'))
  t.match(await client.closed(), /^HTTP\/1\.1 400 [^]*GW_ERR_BAD_PATH/)
})

onEachServer('every method goes to the longest prefix, and nowhere without one', async (t, listen) => {
  const [outer, inner] = [await startRecorder(t), await startRecorder(t)]
  const { port } = await listen(t, { apps: [{ name: 'api', upstreams: outer.origin }, { name: 'admin', prefix: 'api/admin', upstreams: inner.origin }] })
  const send = async (line: string) => {
    const client = await connectRaw(t, port)
    client.write(toRequest(line))
    return await client.closed()
  }
  t.match(await send('PROPFIND /api/a?b'), /^HTTP\/1\.1 200 /)
  t.match(await send('REPORT /api'), /^HTTP\/1\.1 200 /)
  t.match(await send('MKCOL /%61pi/admin/c'), /^HTTP\/1\.1 200 /)
  t.match(await send('LOCK /api/admin/../d'), /^HTTP\/1\.1 400 [^]*GW_ERR_BAD_PATH/)
  t.match(await send('POST http://user@host/api/e'), /^HTTP\/1\.1 400 [^]*GW_ERR_BAD_PATH/)
  t.match(await send('PUT http://other.test/api/admin/f'), /^HTTP\/1\.1 200 /)
  t.match(await send('PROPFIND /apiX'), /^HTTP\/1\.1 404 /)
  t.match(await send('PROPFIND /'), /^HTTP\/1\.1 404 /)
  t.match(outer.bytes(), /^PROPFIND \/a\?b HTTP\/1\.1\r\n[^]*\r\nREPORT \/ HTTP\/1\.1\r\n/)
  t.match(inner.bytes(), /^MKCOL \/c HTTP\/1\.1\r\n[^]*\r\nPUT \/f HTTP\/1\.1\r\n/)
  t.equal((outer.bytes() + inner.bytes()).match(/ HTTP\/1\.1\r\n/g)?.length, 4)
})

t.test('a standalone gateway may have a prefix, as fastify-cli gives it', async t => {
  const recorder = await startRecorder(t)
  const configuration = await resolveConfiguration({ apps: [{ name: 'app', upstreams: recorder.origin }, { name: 'root', prefix: '', upstreams: recorder.origin }] }, process.cwd())
  const fastify = Fastify(serverOptions)
  t.teardown(() => fastify.close())
  await fastify.register(async scope => { await scope.register(standalone, { configuration }) }, { prefix: '/gw' })
  for (const method of ['GET', 'POST', 'PROPFIND'] as const) {
    for (const [path, target] of [['/gw/app', '/'], ['/gw/app/x', '/x'], ['/gw/y', '/y'], ['/gw', '/']]) {
      t.equal((await fastify.inject({ method: method as 'GET', url: path! })).body, target, `${method} ${path}`)
    }
    const { statusCode, body } = await fastify.inject({ method: method as 'GET', url: '/app' })
    t.strictSame([statusCode, JSON.parse(body).statusCode], [404, 404], `${method} /app`)
  }
})
