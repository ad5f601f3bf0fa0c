// Requests of clients that go away at random moments leave nothing behind: no connection to an upstream in use, no
// counter above zero, no memory.
//
// CI runs the short form. The real one, 100,000 requests, takes some minutes:
//
//   SOAK_REQUESTS=100000 npx tap --disable-coverage --allow-incomplete-coverage --timeout=1800 test/fault/soak.test.ts
import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import net, { type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import { startUpstream } from '../helpers/upstreams.ts'
import { inFlightOf } from '../lib/dispatch/dispatch.ts'
import { eventually } from './eventually.ts'
import { openGateway } from './gateway.ts'
import { exchange, type Way } from './load.ts'
import { between, createRandom, oneOf, seedOf } from './random.ts'
import { classifyOutcome } from './request-outcome.ts'
import { RequestTracker } from './request-tracker.ts'
import { createTask, describeTask, readTask, responseBody } from './task.ts'

const REQUESTS = Number(process.env.SOAK_REQUESTS ?? 5000)
/** So many requests, and everything that is made once has been made. */
const WARM_UP = Math.max(1500, Math.round(REQUESTS / 10))
const CONCURRENCY = 40
/** What a heap may differ by from one moment to another, for no reason, in bytes. */
const TOLERANCE = 6 * 1024 * 1024
const LARGE = 300_000

/** An app that is slow, long-winded or endless, by path, and knows what it is busy with. */
class SoakUpstream {
  arrivals = 0
  readonly busy = new Set<ServerResponse>()
  readonly #random: () => number

  constructor (random: () => number) {
    this.#random = random
  }

  readonly serve = (request: IncomingMessage, response: ServerResponse): void => {
    this.arrivals++
    this.busy.add(response)
    response.on('close', () => this.busy.delete(response))
    request.on('error', () => {})
    const [, kind] = request.url!.split('/')
    if (kind === 'events') this.#sendEvents(response)
    else request.resume().on('end', () => this.#respond(kind!, request, response))
  }

  async #respond (kind: string, { method, url }: IncomingMessage, response: ServerResponse): Promise<void> {
    if (kind === 'slow') await delay(between(this.#random, 0, 20))
    const task = readTask(method!, url!)
    if (task !== undefined) {
      response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': task.size, 'x-task': task.id }).end(responseBody(task))
      return
    }
    const body = Buffer.alloc(kind === 'large' ? LARGE : 10)
    response.writeHead(200, { 'content-type': 'text/plain', 'content-length': body.length }).write(body.subarray(0, body.length / 2))
    if (kind === 'large') await delay(between(this.#random, 0, 10))
    response.end(body.subarray(body.length / 2))
  }

  async #sendEvents (response: ServerResponse): Promise<void> {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders()
    while (!response.destroyed) {
      response.write('data: event\n\n')
      await delay(between(this.#random, 1, 10))
    }
  }
}

interface Abort {
  name: string
  /** What the client sends at first. */
  sends: string
  /** What it does, or waits for, until it goes away. */
  until (socket: Socket, random: () => number): Promise<unknown>
}

const head = (method: string, path: string, lines = '') => `${method} /app/${path} HTTP/1.1\r\nHost: gateway.test\r\n${lines}\r\n`
const soon = (most: number) => (_socket: Socket, random: () => number) => delay(between(random, 0, most))

/** Until so many bytes have come, or nothing more does. */
function receive (bytes: (random: () => number) => number): Abort['until'] {
  return async (socket, random) => {
    let missing = bytes(random)
    await new Promise<void>(resolve => {
      socket.on('close', () => resolve()).on('data', chunk => {
        missing -= chunk.length
        if (missing <= 0) resolve()
      })
    })
  }
}

/** A piece of the body, and another one, as fast as it is taken. */
function upload (most: number): Abort['until'] {
  return async (socket, random) => {
    for (let pieces = between(random, 1, most); pieces > 0 && socket.writable; pieces--) {
      socket.write(Buffer.alloc(between(random, 1, 20_000)))
      await delay(between(random, 0, 3))
    }
  }
}

const aborts: Abort[] = [
  { name: 'at once', sends: '', until: soon(3) },
  { name: 'within the head', sends: head('GET', 'slow').slice(0, -10), until: soon(5) },
  { name: 'after the head of an upload', sends: head('POST', 'slow', 'Content-Length: 100\r\n'), until: soon(5) },
  { name: 'within an upload', sends: head('POST', 'slow', 'Content-Length: 1000000\r\n'), until: upload(5) },
  { name: 'within a chunk of an upload', sends: `${head('POST', 'slow', 'Transfer-Encoding: chunked\r\n')}fffff\r\n`, until: upload(5) },
  { name: 'after a request', sends: head('GET', 'slow'), until: soon(25) },
  { name: 'after an upload', sends: `${head('POST', 'slow', 'Content-Length: 5\r\n')}whole`, until: soon(25) },
  { name: 'within the head of the response', sends: head('GET', 'large'), until: receive(() => 1) },
  { name: 'within the response', sends: head('GET', 'large'), until: receive(random => between(random, 500, LARGE)) },
  { name: 'without reading the response', sends: head('GET', 'large'), until: soon(15) },
  { name: 'after the response', sends: head('GET', 'small'), until: receive(() => 10) },
  { name: 'from an event stream', sends: head('GET', 'events'), until: receive(random => between(random, 1, 600)) },
  { name: 'in the moment of the response', sends: head('GET', 'slow'), until: receive(() => 1) },
]

const exits: ((socket: Socket) => void)[] = [
  socket => socket.destroy(),
  socket => socket.resetAndDestroy(),
  socket => socket.end(),
]

/** A client that goes away. Resolves when its connection is closed, at both ends as far as it can know. */
async function abort (port: number, { sends, until }: Abort, random: () => number): Promise<void> {
  const socket = net.connect(port, '127.0.0.1')
  const closed = new Promise(resolve => socket.on('close', resolve))
  socket.on('error', () => {}).write(sends)
  await Promise.race([until(socket, random), closed])
  oneOf(random, exits)(socket)
  // It does not read what still comes; what is not read would keep its connection.
  socket.resume()
  await closed
}

/**
 * What is in use after a garbage collection, in bytes; with the contents of buffers, which are not on the heap itself.
 */
function createHeapMeter (): () => number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  return function measureHeap () {
    // What is freed by one run may have kept the rest alive.
    for (let i = 0; i < 4; i++) collect()
    const { heapUsed, external } = process.memoryUsage()
    return heapUsed + external
  }
}

t.test(`${REQUESTS} requests, half of which are given up at random moments, leave nothing behind`, { timeout: 30 * 60_000 }, async t => {
  const random = createRandom(seedOf(process.env))
  const tracker = new RequestTracker()
  const upstreams = [new SoakUpstream(random), new SoakUpstream(random)]
  const origins = await Promise.all(upstreams.map(({ serve }) => startUpstream(t, serve)))
  const { port, dispatcher } = await openGateway(t, origins)
  const agent = new http.Agent({ keepAlive: true })
  t.teardown(() => agent.destroy())
  const way: Way = { port, agent, timeout: 20_000 }
  const measureHeap = createHeapMeter()
  const violations: string[] = []
  const counts = { answered: 0, aborted: 0 }

  async function sendWhole (): Promise<void> {
    const task = createTask(tracker.issueId(), random, { posts: 0.3, largest: 50_000 })
    const outcome = classifyOutcome(task, await exchange(task, way))
    if (outcome.kind === 'answered') counts.answered++
    else violations.push(`${describeTask(task)}: ${JSON.stringify(outcome)}`)
  }

  async function run (requests: number): Promise<void> {
    let left = requests
    async function work (): Promise<void> {
      while (left-- > 0) {
        if (random() < 0.5) await sendWhole()
        else {
          await abort(port, oneOf(random, aborts), random)
          counts.aborted++
        }
      }
    }
    await Promise.all(Array.from({ length: CONCURRENCY }, work))
  }

  async function settle (): Promise<number> {
    await eventually(() => upstreams.every(({ busy }) => busy.size === 0), () => `${upstreams.map(({ busy }) => busy.size)} connections in use`)
    await eventually(() => inFlightOf(dispatcher) === 0, () => `${inFlightOf(dispatcher)} in flight`)
    return measureHeap()
  }

  await run(WARM_UP)
  const before = await settle()
  await run(REQUESTS - WARM_UP)
  const after = await settle()

  t.comment(`${JSON.stringify(counts)}, ${upstreams.map(({ arrivals }) => arrivals)} arrivals`)
  t.comment(`heap ${megabytes(before)} after the warm-up, ${megabytes(after)} at the end`)
  t.strictSame(violations, [])
  t.equal(inFlightOf(dispatcher), 0, 'nothing is under way')
  t.equal(counts.answered + counts.aborted, Math.max(REQUESTS, WARM_UP))
  t.ok(after - before < TOLERANCE, 'the heap is flat')
})

function megabytes (bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`
}
