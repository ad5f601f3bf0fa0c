import type { Socket } from 'node:net'
import t from 'tap'
import { onEachServer, startGateway } from '../helpers/gateways.ts'
import { connectRaw } from '../helpers/raw-client.ts'
import { startCannedUpstream, startRawUpstream } from '../helpers/upstreams.ts'
import { defer } from '../helpers/waiting.ts'

const OK = 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok'

onEachServer('103 and 102 reach the client before the response, as they come', async (t, listen) => {
  const requested = defer<Socket>()
  const upstream = await startRawUpstream(t, socket => socket.once('data', () => {
    socket.write('HTTP/1.1 103 Early Hints\r\nLink: </a,b.css>; rel=preload; as=style, </c.js>; rel="preload"\r\nX-Note: 1\r\n\r\n')
    requested.resolve(socket)
  }))
  const { port } = await listen(t, { apps: [{ name: 'app', upstreams: upstream }] })
  const client = await connectRaw(t, port)
  client.write('GET /app/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
  await client.until(/^HTTP\/1\.1 103 Early Hints\r\nLink: <\/a,b\.css>; rel=preload; as=style, <\/c\.js>; rel="preload"\r\nx-note: 1\r\n\r\n$/i)
  ;(await requested.promise).write('HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </d.js>; rel=preload\r\n\r\n' + OK)
  t.match(await client.closed(), /\r\n\r\nHTTP\/1\.1 102 Processing\r\n\r\nHTTP\/1\.1 103 Early Hints\r\nLink: <\/d\.js>; rel=preload\r\n\r\nHTTP\/1\.1 200 OK\r\n[^]*\r\n\r\nok$/)
})

t.test('HTTP/1.0 clients get none, and hints that node does not like are left out', async t => {
  const upstream = await startCannedUpstream(t, 'HTTP/1.1 103 Early Hints\r\nLink: nonsense\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\nHTTP/1.1 104 Upload Resumption\r\n\r\n' + OK, { end: true })
  const { port } = await startGateway(t, upstream)
  const old = await connectRaw(t, port)
  old.write('GET /app/ HTTP/1.0\r\nHost: x\r\n\r\n')
  t.match(await old.closed(), /^HTTP\/1\.1 200 OK/)
  const client = await connectRaw(t, port)
  client.write('GET /app/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
  t.match(await client.closed(), /^HTTP\/1\.1 103 Early Hints\r\nLink: <\/a>; rel=preload\r\n\r\nHTTP\/1\.1 200 OK/)
})

t.test('102 gives an app its time anew', async t => {
  const upstream = await startRawUpstream(t, socket => socket.once('data', () => {
    const beat = setInterval(() => socket.write('HTTP/1.1 102 Processing\r\n\r\n'), 100)
    setTimeout(() => { clearInterval(beat); socket.write(OK) }, 1000)
  }))
  const { port } = await startGateway(t, upstream, { timeouts: { headers: 500 } })
  const client = await connectRaw(t, port)
  client.write('GET /app/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
  t.match(await client.closed(), /102 Processing[^]*HTTP\/1\.1 200 OK/)
})

t.test('an app that says 102 for ever is cut off', async t => {
  const upstream = await startCannedUpstream(t, 'HTTP/1.1 102 Processing\r\n\r\n'.repeat(1001))
  const { port } = await startGateway(t, upstream, { retry: false })
  const client = await connectRaw(t, port)
  client.write('GET /app/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
  t.match(await client.closed(), /HTTP\/1\.1 502 [^]*GW_ERR_BAD_UPSTREAM_RESPONSE/)
})

onEachServer('100 is said once, by the gateway, whatever the app says', async (t, listen) => {
  const heads: string[] = []
  const upstream = await startRawUpstream(t, socket => socket.once('data', chunk => {
    heads.push(chunk.toString())
    socket.write('HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n' + OK)
  }))
  const { port } = await listen(t, { apps: [{ name: 'app', upstreams: upstream }] })
  const client = await connectRaw(t, port)
  client.write('POST /app/ HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\nConnection: close\r\n\r\n')
  await client.until(/^HTTP\/1\.1 100 Continue\r\n\r\n$/)
  client.write('up')
  t.match(await client.closed(), /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK\r\n/)
  t.notMatch(heads[0], /expect/i)
})
