import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import net, { type Socket } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import tls from 'node:tls'
import t from 'tap'
import { openTransport } from '../../../lib/upstream/open-transport.ts'
import { listen, portOf } from '../client/sockets.ts'
import { createTarget } from '../locations.ts'
import { GET, silentHandler } from './transport.ts'

const SETTINGS = { connectTimeout: 20_000, maxConnections: 1 }
const pem = (name: string) => readFileSync(new URL(`../../fixtures/tls/${name}.pem`, import.meta.url), 'utf8')
const [CERT, KEY] = [pem('address.cert'), pem('address.key')]

for (const isSecure of [false, true]) {
  t.test(`an upstream is connected to when there is something to send, and spoken to in HTTP/1.1${isSecure ? ', over TLS' : ''}`, async t => {
    const sockets: Socket[] = []
    const server = isSecure ? tls.createServer({ cert: CERT, key: KEY }) : net.createServer()
    server.on(isSecure ? 'secureConnection' : 'connection', (socket: Socket) => sockets.push(socket.on('error', () => {})))
    await listen(t, server)
    const origin = `${isSecure ? 'https' : 'http'}://127.0.0.1:${portOf(server)}`
    const transport = openTransport(createTarget(origin, { ca: CERT }), SETTINGS)
    t.teardown(() => transport.destroy())
    await setImmediate()
    t.equal(sockets.length, 0)

    const completed = new Promise<string>((resolve, reject) => {
      let text = ''
      transport.dispatch(GET, { ...silentHandler, onData: chunk => { text += String(chunk); return true }, onComplete: () => resolve(text), onError: reject })
    })
    while (sockets.length === 0) await setImmediate()
    const [bytes] = await once(sockets[0]!, 'data') as [Buffer]
    t.match(String(bytes), /^GET \/ HTTP\/1\.1\r\nhost: upstream\.test\r\n/)
    sockets[0]!.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine')
    t.equal(await completed, 'fine')
  })
}
