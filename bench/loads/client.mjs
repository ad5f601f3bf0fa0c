import net from 'node:net'

// A closed loop of our own, for machines without wrk: `client.mjs URL CONNECTIONS SECONDS`. Each connection is kept alive
// and has one request under way. Prints `{ requests, errors, seconds }`. Made for small answers that tell their length.

const [address, connections, seconds] = process.argv.slice(2)
const { hostname, port, host, pathname } = new URL(address)
const request = Buffer.from(`GET ${pathname} HTTP/1.1\r\nHost: ${host}\r\n\r\n`)
const counts = { requests: 0, errors: 0 }

const sockets = Array.from({ length: Number(connections) }, openConnection)
const startedAt = performance.now()
setTimeout(finish, Number(seconds) * 1000)

function openConnection () {
  const socket = net.connect({ host: hostname, port: Number(port), noDelay: true })
  let received = ''
  socket.setEncoding('latin1')
  socket.on('connect', () => socket.write(request))
  socket.on('error', () => {})
  // Nothing but the end of the run may end a connection.
  socket.on('close', () => { counts.errors++ })
  socket.on('data', chunk => {
    received += chunk
    const size = sizeOf(received)
    if (received.length < size) return
    counts.requests++
    if (received.length > size || !received.startsWith('HTTP/1.1 2')) counts.errors++
    received = ''
    socket.write(request)
  })
  return socket
}

/** The length of an answer, head and body; endless until its head is there. */
function sizeOf (received) {
  const headEnd = received.indexOf('\r\n\r\n')
  if (headEnd === -1) return Infinity
  const length = /\r\ncontent-length: *(\d+)/i.exec(received.slice(0, headEnd))
  if (length === null) throw new Error(`no Content-Length: ${received.slice(0, headEnd)}`)
  return headEnd + 4 + Number(length[1])
}

function finish () {
  console.log(JSON.stringify({ ...counts, seconds: (performance.now() - startedAt) / 1000 }))
  for (const socket of sockets) socket.destroy()
}
