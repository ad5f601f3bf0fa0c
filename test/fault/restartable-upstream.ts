import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import type { Test } from 'tap'
import { findFixedPort, listenOn } from './fixed-port.ts'
import { between } from './random.ts'
import type { RequestTracker } from './request-tracker.ts'
import { describeTask, readTask, responseBody, type Task, uploadBody } from './task.ts'

/** A well-behaved app on `node:http`, which takes a few milliseconds for each request, and is deployed now and then. */
export class RestartableUpstream {
  readonly port: number
  readonly origin: string
  arrivals = 0
  readonly #tracker: RequestTracker
  readonly #random: () => number
  #server: http.Server | undefined

  constructor (port: number, tracker: RequestTracker, random: () => number) {
    this.port = port
    this.origin = `http://127.0.0.1:${port}`
    this.#tracker = tracker
    this.#random = random
  }

  async start (): Promise<void> {
    const server = http.createServer((request, response) => this.#serve(request, response))
    await listenOn(server, this.port)
    this.#server = server
  }

  /** As a server ends in an orderly way: refuses, closes what is idle, and finishes what is under way. */
  async stop (): Promise<void> {
    const server = this.#server
    if (server === undefined) return
    this.#server = undefined
    const closed = new Promise(resolve => server.close(resolve))
    // What is busy now is idle soon, and would be kept for its keep-alive time.
    const closing = setInterval(() => server.closeIdleConnections(), 5)
    await closed
    clearInterval(closing)
  }

  /** As a process ends that is killed. */
  kill (): void {
    this.#server?.close().closeAllConnections()
    this.#server = undefined
  }

  #serve (request: IncomingMessage, response: ServerResponse): void {
    const task = readTask(request.method!, request.url!)
    if (task === undefined) return this.#tracker.reportViolation(`no task: ${request.method} ${request.url}`)
    this.arrivals++
    this.#tracker.record(task.id)
    const chunks: Buffer[] = []
    request.on('data', chunk => chunks.push(chunk))
    request.on('error', () => {})
    request.on('end', () => {
      if (!Buffer.concat(chunks).equals(uploadBody(task))) this.#tracker.reportViolation(`${describeTask(task)}: another body arrived than was sent`)
      this.#respond(task, response)
    })
  }

  async #respond (task: Task, response: ServerResponse): Promise<void> {
    await delay(between(this.#random, 0, 10))
    response.writeHead(200, {
      'content-type': 'application/octet-stream',
      'x-task': task.id,
      ...(task.framing === 'length' && { 'content-length': task.size }),
    })
    response.end(responseBody(task))
  }
}

/** Such upstreams, listening, killed with the test. */
export async function startRestartable (
  t: Test,
  count: number,
  tracker: RequestTracker,
  random: () => number
): Promise<RestartableUpstream[]> {
  const upstreams: RestartableUpstream[] = []
  for (let i = 0; i < count; i++) {
    const upstream = new RestartableUpstream(await findFixedPort(), tracker, random)
    await upstream.start()
    t.teardown(() => upstream.kill())
    upstreams.push(upstream)
  }
  return upstreams
}
