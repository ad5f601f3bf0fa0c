import net from 'node:net'
import { percentile } from '../statistics.mjs'

// A closed loop of our own, for machines without wrk: `client.mjs SECONDS WORK`, the work as JSON, see load.mjs. It
// goes on until there is a response, however long that takes. Prints `{ requests, errors, seconds, p50Micros }`. Made
// for responses with a Content-Length.

const [seconds, work] = process.argv.slice(2)
const { url, connections, body, close } = JSON.parse(work)
const { hostname, port, host, pathname } = new URL(url)
const request = Buffer.from(body === undefined ? writeGet() : writePost(body))
const latencies = []
const sockets = new Set()
let errors = 0

for (let index = 0; index < connections; index++) openConnection()
const startedAt = performance.now()
setTimeout(finish, Number(seconds) * 1000)

function writeGet () {
  return `GET ${writeHead()}\r\n`
}

function writePost (size) {
  return `POST ${writeHead()}Content-Type: application/json\r\nContent-Length: ${size}\r\n\r\n"${'x'.repeat(size - 2)}"`
}

function writeHead () {
  return `${pathname} HTTP/1.1\r\nHost: ${host}\r\n${close ? 'Connection: close\r\n' : ''}`
}

function openConnection () {
  let sentAt = performance.now()
  const send = () => {
    sentAt = performance.now()
    socket.write(request)
  }
  const receive = createReceiver(isSuccess => {
    latencies.push(performance.now() - sentAt)
    if (!isSuccess) errors++
    if (close) replaceConnection(socket)
    else send()
  })
  const socket = net.connect({ host: hostname, port: Number(port), noDelay: true }, () => socket.write(request))
  sockets.add(socket)
  socket.on('data', receive).on('error', () => {})
  // Only the end of the run, or of a response with `close`, may end a connection.
  socket.on('close', () => { if (sockets.has(socket)) errors++ })
}

function replaceConnection (socket) {
  sockets.delete(socket)
  socket.destroy()
  openConnection()
}

/** Takes the bytes of a connection, and reports whether each response is a 2xx. Bodies are counted, not kept. */
function createReceiver (onResponse) {
  let head = ''
  let missing = Infinity

  /** Until the head of a response is complete, the number of missing bytes is infinite. */
  function readHead (chunk) {
    head += chunk.latin1Slice()
    const end = head.indexOf('\r\n\r\n')
    if (end === -1) return
    const length = /\r\ncontent-length: *(\d+)/i.exec(head.slice(0, end))
    if (length === null) throw new Error(`no Content-Length: ${head.slice(0, end)}`)
    missing = Number(length[1]) - (head.length - end - 4)
  }

  return chunk => {
    if (missing === Infinity) readHead(chunk)
    else missing -= chunk.length
    if (missing > 0) return
    const isSuccess = missing === 0 && head.startsWith('HTTP/1.1 2')
    head = ''
    missing = Infinity
    onResponse(isSuccess)
  }
}

function finish () {
  if (latencies.length === 0 && errors === 0) return setTimeout(finish, 10)
  const elapsed = (performance.now() - startedAt) / 1000
  console.log(
    JSON.stringify({
      requests: latencies.length,
      errors,
      seconds: elapsed,
      p50Micros: percentile(latencies, 0.5) * 1000,
    })
  )
  for (const socket of [...sockets]) {
    sockets.delete(socket)
    socket.destroy()
  }
}
