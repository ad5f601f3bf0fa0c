import { once } from 'node:events'
import http, { type RequestListener } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { endInOneWrite, writeInOneWrite } from '../../../lib/downstream/node-internals.ts'
import { connectRaw } from '../../helpers/raw-client.ts'
import { portOf } from '../../helpers/servers.ts'

const EVERY_BYTE = Buffer.from(Array.from({ length: 256 }, (_, index) => index))
const parts = [1, 256, 4096, 4097, 0, 100_000, 2].map(length => Buffer.alloc(length, EVERY_BYTE))
const WHOLE = Buffer.concat(parts).toString('latin1')

async function startServer (t: Test, listener: RequestListener): Promise<number> {
  const server = http.createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close().closeAllConnections())
  return portOf(server)
}

function bodyOf (text: string): string {
  return text.slice(text.indexOf('\r\n\r\n') + 4)
}

/** Without the framing, which has to be right to the byte. */
function decodeChunks (text: string): string {
  let body = ''
  for (let at = 0; ;) {
    const lineEnd = text.indexOf('\r\n', at)
    const length = parseInt(text.slice(at, lineEnd), 16)
    const end = lineEnd + 2 + length
    if (text.slice(end, end + 2) !== '\r\n') throw new Error(`no end of a chunk at ${end}`)
    if (length === 0) return end + 2 === text.length ? body : `${body} and more`
    body += text.slice(lineEnd + 2, end)
    at = end + 2
  }
}

for (const version of ['1.1', '1.0']) {
  t.test(`parts arrive byte for byte in HTTP/${version}, whichever way they take`, async t => {
    const port = await startServer(t, (_request, response) => {
      response.writeHead(200).write('')
      for (const part of parts) writeInOneWrite(response, response.socket!, part)
      response.end()
    })
    const client = await connectRaw(t, port)
    client.write(`GET / HTTP/${version}\r\nHost: a\r\nConnection: close\r\n\r\n`)
    const body = bodyOf(await client.closed())
    t.equal(version === '1.1' ? decodeChunks(body) : body, WHOLE)
  })
}

for (const body of parts) {
  t.test(`a body of ${body.length} bytes arrives, and the next answer behind it`, async t => {
    const port = await startServer(t, (_request, response) => {
      endInOneWrite(response)
      response.writeHead(200, { 'content-length': body.length }).end(body)
    })
    const client = await connectRaw(t, port)
    client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    await delay(20)
    // These two are asked for at once, and the first is not over when the second is answered.
    client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
    const [nothing, ...answers] = (await client.closed()).split('HTTP/1.1 200 OK\r\n')
    t.equal(nothing, '')
    t.strictSame(answers.map(bodyOf), Array.from({ length: 3 }, () => body.toString('latin1')))
  })
}

t.test('who does not read is told of by the socket, when it reads again', async t => {
  const drained = new Promise<number>((resolve, reject) => {
    startServer(t, async (_request, response) => {
      response.writeHead(200).write('')
      const { socket } = response
      let count = 0
      while (writeInOneWrite(response, socket!, parts[2]!)) count++
      await once(socket!, 'drain')
      response.end()
      resolve(count)
    }).then(async port => {
      const client = await connectRaw(t, port)
      client.socket.pause()
      client.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
      await delay(100)
      client.socket.resume()
    }).catch(reject)
  })
  t.ok(await drained > 0)
})
