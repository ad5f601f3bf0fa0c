import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import net, { type Socket } from 'node:net'
import { type Duplex, Readable } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import tls from 'node:tls'
import t from 'tap'
import { openTransport } from '../../../lib/transport/open-transport.ts'
import { listen, portOf } from '../downstream/sockets.ts'
import { createTarget } from '../locations.ts'
import { GET, silentHandler } from './transport.ts'

const SETTINGS = { connectTimeout: 20_000, maxConnections: 1 }
const pem = (name: string) => readFileSync(new URL(`../../fixtures/tls/${name}.pem`, import.meta.url), 'utf8')
const [CERT, KEY] = [pem('address.cert'), pem('address.key')]

for (const httpClient of ['own', 'undici'] as const) {
  for (const isSecure of [false, true]) {
    t.test(`${httpClient}: an upstream is connected to when there is something to send, and spoken to in HTTP/1.1${isSecure ? ', over TLS' : ''}`, async t => {
      const sockets: Socket[] = []
      const server = isSecure ? tls.createServer({ cert: CERT, key: KEY }) : net.createServer()
      server.on(isSecure ? 'secureConnection' : 'connection', (socket: Socket) => sockets.push(socket.on('error', () => {})))
      await listen(t, server)
      const origin = `${isSecure ? 'https' : 'http'}://127.0.0.1:${portOf(server)}`
      const transport = openTransport(createTarget(origin, { ca: CERT }), SETTINGS, httpClient)
      t.teardown(() => transport.destroy())
      await setImmediate()
      t.equal(sockets.length, 0)

      const completed = new Promise<string>((resolve, reject) => {
        let text = ''
        transport.dispatch(GET, {
          ...silentHandler,
          onData: chunk => {
            text += String(chunk)
            return true
          },
          onComplete: () => resolve(text),
          onError: reject,
        })
      })
      while (sockets.length === 0) await setImmediate()
      const [bytes] = await once(sockets[0]!, 'data') as [Buffer]
      t.match(String(bytes), /^GET \/ HTTP\/1\.1\r\nhost: upstream\.test\r\n/)
      sockets[0]!.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine')
      t.equal(await completed, 'fine')
    })
  }
}

for (const httpClient of ['own', 'undici'] as const) {
  t.test(`${httpClient}: a switch of protocols hands the connection on`, async t => {
    const server = net.createServer(socket => socket.on('error', () => {}).once('data', () => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: test\r\n\r\nfirst')
      socket.once('data', bytes => socket.end(`got ${String(bytes)}`))
    }))
    await listen(t, server)
    const transport = openTransport(createTarget(`http://127.0.0.1:${portOf(server)}`), SETTINGS, httpClient)
    t.teardown(() => transport.destroy())
    const [statusCode, socket] = await new Promise<[number, Duplex]>((resolve, reject) => {
      transport.dispatch({ ...GET, upgrade: 'test' }, { ...silentHandler, onUpgrade: (status, _headers, duplex) => resolve([status, duplex]), onError: reject })
    })
    t.teardown(() => socket.destroy())
    socket.write('second')
    t.equal(statusCode, 101)
    t.equal(Buffer.concat(await socket.toArray()).toString(), 'firstgot second')
  })

  t.test(`${httpClient}: when the read that brought the head is over is told once, whether or not the body came with it`, async t => {
    const sockets: Socket[] = []
    const server = net.createServer(socket => sockets.push(socket.on('error', () => {}).resume()))
    await listen(t, server)
    const transport = openTransport(createTarget(`http://127.0.0.1:${portOf(server)}`), SETTINGS, httpClient)
    t.teardown(() => transport.destroy())
    const events: string[] = []
    const completed = new Promise<void>((resolve, reject) => {
      transport.dispatch(GET, {
        ...silentHandler,
        onHeaders: () => events.push('head') > 0,
        onRead: () => { events.push('read') },
        onData: () => events.push('data') > 0,
        onComplete: () => resolve(),
        onError: reject,
      })
    })
    while (sockets.length === 0) await setImmediate()
    sockets[0]!.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfi')
    while (!events.includes('read')) await setImmediate()
    t.strictSame(events, ['head', 'data', 'read'])
    sockets[0]!.write('ne')
    await completed
    t.strictSame(events, ['head', 'data', 'read', 'data'])
  })

  t.test(`${httpClient}: closing waits for what is under way, and takes nothing more`, async t => {
    const sockets: Socket[] = []
    const server = net.createServer(socket => sockets.push(socket.on('error', () => {})))
    await listen(t, server)
    const transport = openTransport(createTarget(`http://127.0.0.1:${portOf(server)}`), SETTINGS, httpClient)
    t.teardown(() => transport.destroy())
    const events: string[] = []
    transport.dispatch(GET, { ...silentHandler, onComplete: () => events.push('complete') })
    while (sockets.length === 0) await setImmediate()
    const closed = transport.close().then(() => events.push('closed'))
    await new Promise<void>(resolve => { transport.dispatch(GET, { ...silentHandler, onError: () => resolve() }) })
    await once(sockets[0]!, 'data')
    t.strictSame(events, [])
    sockets[0]!.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
    await closed
    t.strictSame(events, ['complete', 'closed'])
  })
}

t.test('undici does not announce the trailers that it does not send', async t => {
  const sockets: Socket[] = []
  const server = net.createServer(socket => sockets.push(socket.on('error', () => {})))
  await listen(t, server)
  const transport = openTransport(createTarget(`http://127.0.0.1:${portOf(server)}`), SETTINGS, 'undici')
  t.teardown(() => transport.destroy())
  const headers = ['host', 'a', 'Trailer', 'X-Sum', 'x-a', '1']
  transport.dispatch({ ...GET, method: 'POST', headers, body: Readable.from(['body']), trailers: () => ['X-Sum', '1'] }, silentHandler)
  while (sockets.length === 0) await setImmediate()
  let text = ''
  sockets[0]!.on('data', chunk => { text += String(chunk) })
  while (!text.endsWith('0\r\n\r\n')) await setImmediate()
  t.notMatch(text, /trailer|x-sum/i)
  t.match(text, /\r\nx-a: 1\r\n/)
})

t.test('an upstream in HTTP/2 is spoken to in that, whoever speaks HTTP/1.1', async t => {
  const preface = new Promise<string>(resolve => {
    const server = net.createServer(socket => socket.on('error', () => {}).once('data', chunk => resolve(String(chunk))))
    listen(t, server).then(() => {
      const transport = openTransport(createTarget(`http://127.0.0.1:${portOf(server)}`, { isHttp2: true }), SETTINGS, 'undici')
      t.teardown(() => transport.destroy())
      transport.dispatch(GET, silentHandler)
    }, t.bailout)
  })
  t.match(await preface, /^PRI \* HTTP\/2\.0/)
})
