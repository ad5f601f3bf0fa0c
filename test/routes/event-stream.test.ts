import { once } from 'node:events'
import t from 'tap'
import { listenHost, startHost } from '../helpers/host-server.ts'
import { connectRaw } from '../helpers/raw-client.ts'
import { startUpstream } from '../helpers/upstreams.ts'

t.test('onSend hooks see the head of an event stream, which leaves at once', async t => {
  const upstream = await startUpstream(t, (_request, response) => { response.writeHead(200, { 'content-type': 'text/event-stream', 'set-cookie': 'a=1; Path=/x' }).flushHeaders() })
  const fastify = await startHost(t, { addCorsHeaders: true, apps: [{ name: 'app', upstreams: upstream }], shutdown: { gracePeriod: 50 } })
  const client = await connectRaw(t, await listenHost(fastify))
  client.write('GET /app/ HTTP/1.1\r\nHost: a\r\nOrigin: http://localhost\r\n\r\n')
  const head = await client.until(/\r\n\r\n/)
  t.match(head, /\r\naccess-control-allow-origin: http:\/\/localhost\r\n/)
  t.match(head, /\r\nset-cookie: a=1; Path=\/app\/x\r\n/)
  client.socket.destroy()
  await once(client.socket, 'close')
})
