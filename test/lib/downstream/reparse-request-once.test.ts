import { once } from 'node:events'
import http, { type IncomingMessage } from 'node:http'
import net, { type Socket } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { reparseRequest } from '../../../lib/downstream/reparse-request.ts'
import { whenItsTurn } from '../../../lib/downstream/upgrade.ts'
import { listen, portOf } from './sockets.ts'

/** A server that gives back what asks for a switch, and a client that has sent bytes. */
async function start (t: Test, bytes: string, options: http.ServerOptions = {}) {
  const requests: { url: string, timeout: number | undefined, response: http.ServerResponse }[] = []
  let given = 0
  const server = http.createServer(options, (request, response) => {
    requests.push({ url: request.url!, timeout: request.socket.timeout, response })
  })
  server.on('upgrade', (request: IncomingMessage, socket: Socket, head) => {
    // Ends what would go on for ever.
    if (++given > 3) return socket.destroy()
    whenItsTurn(socket, () => reparseRequest(request, socket, head))
  })
  await listen(t, server)
  t.teardown(() => server.closeAllConnections())
  const client = net.connect(portOf(server), '127.0.0.1')
  t.teardown(() => client.destroy())
  client.resume().write(bytes)
  return { requests, client, given: () => given }
}

const spelled: { name: string, line: string, options?: http.ServerOptions }[] = [
  { name: 'Connection', line: 'Connection: Upgrade' },
  { name: 'Proxy-Connection, which node takes for the same', line: 'Proxy-Connection: Upgrade' },
  { name: 'Connection and a space, with the lenient parser', line: 'Connection : Upgrade', options: { insecureHTTPParser: true } },
]

for (const { name, line, options } of spelled) {
  t.test(`a request is given back once: ${name}`, async t => {
    const { requests, client, given } = await start(t, `GET / HTTP/1.1\r\nHost: a\r\n${line}\r\nUpgrade: h2c\r\n\r\n`, options)
    const closed = once(client, 'close')
    while (requests.length === 0 && given() <= 3) await setImmediate()
    if (requests.length === 0) await closed
    t.strictSame([requests.length, given()], [1, 1])
  })
}

t.test('the keep-alive time behind an earlier answer does not run for what is given back', async t => {
  const { requests } = await start(t, 'GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n', { keepAliveTimeout: 7000 })
  while (requests.length === 0) await setImmediate()
  requests[0]!.response.end()
  while (requests.length === 1) await setImmediate()
  t.notOk(requests[1]!.timeout, 'no time for an idle connection')
})
