import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { OutgoingHttpHeaders } from 'node:http'
import net, { type Socket } from 'node:net'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import t, { type Test } from 'tap'
import { type ChildGateway, forkGateway } from '../helpers/forked-gateway.ts'
import { sendRequest } from '../helpers/http1-client.ts'
import { startRawUpstream, startUpstream } from '../helpers/upstreams.ts'
import { defer } from '../helpers/waiting.ts'

const MB = 1024 * 1024
const SIZE = 150 * MB
/**
 * V8 lets some 32 MB of garbage outside of its heap lie before it looks for it, and the system's allocator keeps what
 * it had.
 */
const ALLOWED = 60 * MB
const block = randomBytes(MB)
const whole = createHash('sha256')
for (let i = 0; i < SIZE / MB; i++) whole.update(block)
const DIGEST = whole.digest('hex')

/** 150 MB, made as they are read. */
function * blocks (): Generator<Buffer> {
  for (let i = 0; i < SIZE / MB; i++) yield block
}

/**
 * How many looks in a row must find no more bytes until it counts as a stop. Each takes a garbage collection there and
 * back.
 */
const STILL = 10

/**
 * Follows the gateway's memory until bytes no longer move.
 * @returns the most that it took on top of `before`
 */
async function watchUntilStill (
  gateway: ChildGateway,
  before: NodeJS.MemoryUsage,
  moved: () => number
): Promise<number> {
  let most = 0
  let last = -1
  for (let still = 0; still < STILL; still++) {
    const { rss, arrayBuffers } = await gateway.memory()
    most = Math.max(most, rss - before.rss, arrayBuffers - before.arrayBuffers)
    if (moved() !== last) still = 0
    last = moved()
  }
  return most
}

function checkMemory (t: Test, most: number, moved: number): void {
  t.ok(most < ALLOWED, `the gateway's memory grew by less than 60 MB: ${(most / MB).toFixed(1)}`)
  t.ok(moved < SIZE / 2, `the sender was stopped, at ${(moved / MB).toFixed(1)} MB`)
}

const downloads: Record<string, OutgoingHttpHeaders> = {
  'with-a-content-length': { 'content-type': 'application/octet-stream', 'content-length': SIZE },
  'in-chunks': { 'content-type': 'application/octet-stream' },
  'as-an-event-stream': { 'content-type': 'text/event-stream' },
}

/** Reads a response without chunks to its end. Resolves to the hash of what follows its head. */
async function digestBody (client: Socket): Promise<string> {
  const digest = createHash('sha256')
  let head: Buffer | null = Buffer.alloc(0)
  for await (const chunk of client) {
    if (head === null) digest.update(chunk)
    else {
      head = Buffer.concat([head, chunk])
      const end = head.indexOf('\r\n\r\n')
      if (end === -1) continue
      digest.update(head.subarray(end + 4))
      head = null
    }
  }
  return digest.digest('hex')
}

/** An upload that a raw upstream gets to see, and does not read until the test resumes it. */
interface Upload {
  sink: Socket
  /** Resolves when every byte of it has come. */
  taken: Promise<void>
}

t.test('150 MB that are not read cost bounded memory', async t => {
  const downloading = new Map<string, Socket[]>()
  let onDownload = () => {}
  const upstream = await startUpstream(t, async (request, response) => {
    if (request.url === '/warm') {
      request.resume().on('end', () => response.end(Buffer.alloc(8 * MB)))
      return
    }
    const name = request.url!.slice(1)
    downloading.set(name, [...downloading.get(name) ?? [], request.socket])
    onDownload()
    response.writeHead(200, downloads[name])
    await pipeline(Readable.from(blocks()), response).catch(() => {})
  })
  const uploading = defer<Upload>()
  const rawUpstream = await startRawUpstream(t, socket => socket.once('data', head => {
    const { promise: taken, resolve } = defer()
    let received = head.length - head.indexOf('\r\n\r\n') - 4
    socket.pause().on('data', chunk => {
      received += chunk.length
      if (received === SIZE) resolve()
    })
    uploading.resolve({ sink: socket, taken })
  }))
  const gateway = await forkGateway(t, {
    apps: [{ name: 'app', upstreams: upstream }, { name: 'raw', upstreams: rawUpstream }],
    timeouts: { headers: 0 },
  })
  // What a gateway takes once and keeps is not what a stalled client costs.
  for (let i = 0; i < 3; i++) await sendRequest(gateway.port, '/app/warm', { method: 'POST', body: Buffer.alloc(8 * MB) })
  const before = await gateway.memory()

  function connect (t: Test): Socket {
    const client = net.connect(gateway.port, '127.0.0.1')
    t.teardown(() => client.destroy())
    return client
  }

  /** Sends a request, and reads nothing of the response, in a version of HTTP without chunks. */
  async function beginDownloads (
    t: Test,
    name: string,
    count: number
  ): Promise<{ clients: Socket[]; moved: () => number }> {
    const all = defer()
    onDownload = () => {
      if (downloading.get(name)!.length === count) all.resolve()
    }
    downloading.delete(name)
    const clients = Array.from({ length: count }, () => connect(t).pause())
    for (const client of clients) client.write(`GET /app/${name} HTTP/1.0\r\nHost: a\r\n\r\n`)
    await all.promise
    const moved = () =>
      downloading.get(name)!.reduce((sum, { bytesWritten, writableLength }) => sum + bytesWritten - writableLength, 0)
    const start = moved()
    return { clients, moved: () => moved() - start }
  }

  for (const name of Object.keys(downloads)) {
    t.test(`a download ${name.replaceAll('-', ' ')} to a client that stopped reading stops there, and goes on with it`, async t => {
      const { clients: [client], moved } = await beginDownloads(t, name, 1)
      checkMemory(t, await watchUntilStill(gateway, before, moved), moved())
      t.equal(await digestBody(client!), DIGEST, 'and then every byte of it arrives')
    })
  }

  t.test('20 clients that stopped reading cost what is on their way, and no more', async t => {
    const { moved } = await beginDownloads(t, 'with-a-content-length', 20)
    const most = await watchUntilStill(gateway, before, moved)
    // A MB for each, of the 150.
    t.ok(most < ALLOWED + 20 * MB, `the gateway's memory grew by less than 80 MB: ${(most / MB).toFixed(1)}`)
  })

  t.test('an upload to an upstream that stopped reading stops there, and goes on with it', async t => {
    const before = await gateway.memory()
    const client = connect(t)
    client.write(`POST /raw/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: ${SIZE}\r\n\r\n`)
    const sending = pipeline(Readable.from(blocks()), client, { end: false })
    const { sink, taken } = await uploading.promise
    const moved = () => client.bytesWritten - client.writableLength
    checkMemory(t, await watchUntilStill(gateway, before, moved), moved())

    sink.resume()
    await Promise.all([sending, taken])
    sink.end('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\ntaken')
    const [received] = await once(client, 'data') as [Buffer]
    t.match(received.toString(), /^HTTP\/1\.1 200 /, 'and then it is answered')
  })
})
