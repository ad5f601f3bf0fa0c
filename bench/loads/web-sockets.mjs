import net from 'node:net'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { announce } from '../announce.mjs'

// A closed loop of messages: `web-sockets.mjs URL SOCKETS`. Each socket sends a message when the one before has come
// back. It announces itself when all are open, and measures at a command: the result of `{ seconds }` is
// `{ messages, seconds }`. The frames are made once, by hand: a WebSocket library costs more than the contenders do,
// and would keep them waiting.

const text = Buffer.from('{"type":"move","x":12,"y":34}')
/**
 * A final text frame; the mask of zeros, which leaves the text as it is, is the client's to choose (RFC 6455, section
 * 5.3).
 */
const message = Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), text])
/** What comes back is not masked. */
const echo = Buffer.concat([Buffer.from([0x81, text.length]), text])

const [address, count] = process.argv.slice(2)
const { hostname, port, host, pathname } = new URL(address)
const handshake = `GET ${pathname} HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n` +
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n'
let messages = 0

const sockets = await Promise.all(Array.from({ length: Number(count) }, openSocket))
for (const socket of sockets) echoForEver(socket)
announce([], {}, measure)

async function openSocket () {
  const socket = net.connect({ host: hostname, port: Number(port), noDelay: true })
  socket.write(handshake)
  let head = ''
  while (!head.includes('\r\n\r\n')) head += (await once(socket, 'data'))[0].latin1Slice()
  if (!head.startsWith('HTTP/1.1 101')) throw new Error(`no WebSocket: ${head}`)
  return socket
}

function echoForEver (socket) {
  let received = Buffer.alloc(0)
  socket.on('close', () => { throw new Error('a WebSocket was closed') })
  socket.on('data', chunk => {
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk])
    if (received.length < echo.length) return
    if (!received.equals(echo)) throw new Error(`not the message that was sent: ${received.toString('hex')}`)
    received = Buffer.alloc(0)
    messages++
    socket.write(message)
  })
  socket.write(message)
}

async function measure ({ seconds }) {
  const startedAt = performance.now()
  const before = messages
  await delay(seconds * 1000)
  return { messages: messages - before, seconds: (performance.now() - startedAt) / 1000 }
}
