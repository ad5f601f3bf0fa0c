import http from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { classifyOutcome, type RequestOutcome, type Seen } from './request-outcome.ts'
import type { RequestTracker } from './request-tracker.ts'
import { createTask, describeTask, type Mix, pathOf, type Task, uploadBody } from './task.ts'

export interface LoadOptions extends Mix {
  /** Of the gateway, which has its app at `/app`. */
  port: number
  tracker: RequestTracker
  random: () => number
  /** So many requests a second, whatever becomes of them; else `concurrency` of them at a time. */
  rate?: number
  concurrency?: number
  /** When to stop: after so many requests, or so many milliseconds, whichever is first; else when `stop` is called. */
  requests?: number
  duration?: number
  /** How often a GET may arrive: once more than there are further tries. */
  getArrivals?: number
  /** Milliseconds after which a request without an end counts as hanging. */
  timeout?: number
}

/** How many requests of a method ended how. */
export type Tally = Record<RequestOutcome['kind'], number> & { sent: number }

export interface LoadResult {
  gets: Tally
  posts: Tally
  /** The gateway's own errors, by code. */
  codes: Record<string, number>
  /** What must never happen. */
  violations: string[]
}

export interface Load {
  /** Sends nothing more. */
  stop (): void
  /** Resolves when it has stopped, by itself or by `stop`, and every request has ended. */
  result: Promise<LoadResult>
}

/**
 * So many are under way at most: what a machine that stood still for a moment has missed is not made up for at once.
 * Such a burst would be another test, of the retry budget.
 */
const MOST = 50

/** Sends requests through a gateway, each with its own id, and checks all that comes back. */
export function startLoad (options: LoadOptions): Load {
  const { rate, concurrency = 10, requests = Infinity, duration = Infinity } = options
  const run = new Run(options)
  const endsAt = performance.now() + duration
  let isStopped = false
  const isOver = () => isStopped || run.sent >= requests || performance.now() >= endsAt

  async function sendInTurn (): Promise<void> {
    while (!isOver()) await run.sendTask()
  }

  async function sendAtRate (): Promise<void> {
    const startedAt = performance.now()
    const pending = new Set<Promise<void>>()
    while (!isOver()) {
      const due = Math.min((performance.now() - startedAt) * rate! / 1000, requests)
      while (run.sent < due && pending.size < MOST) {
        const sent: Promise<void> = run.sendTask().finally(() => pending.delete(sent))
        pending.add(sent)
      }
      await delay(2)
    }
    await Promise.all(pending)
  }

  const sending = rate === undefined ? Promise.all(Array.from({ length: concurrency }, sendInTurn)) : sendAtRate()
  return { stop: () => { isStopped = true }, result: sending.then(() => run.finish()) }
}

/** A load from its beginning to its end. */
export async function runLoad (options: LoadOptions): Promise<LoadResult> {
  return startLoad(options).result
}

class Run {
  sent = 0
  readonly #options: LoadOptions
  readonly #agent = new http.Agent({ keepAlive: true, scheduling: 'fifo' })
  readonly #tasks: Task[] = []
  readonly #result: LoadResult = { gets: createTally(), posts: createTally(), codes: {}, violations: [] }

  constructor (options: LoadOptions) {
    this.#options = options
  }

  async sendTask (): Promise<void> {
    const { tracker, random, port, timeout = 10_000 } = this.#options
    const task = createTask(tracker.issueId(), random, this.#options)
    const { gets, posts, codes } = this.#result
    const tally = task.method === 'GET' ? gets : posts
    this.sent++
    tally.sent++
    this.#tasks.push(task)
    const outcome = classifyOutcome(task, await exchange(task, { port, agent: this.#agent, timeout }))
    tally[outcome.kind]++
    if (outcome.kind === 'failed') codes[outcome.code] = (codes[outcome.code] ?? 0) + 1
    if (outcome.kind === 'wrong') this.#reportViolation(task, outcome.what)
    if (outcome.kind === 'answered') this.#checkAnswered(task)
  }

  finish (): LoadResult {
    this.#agent.destroy()
    for (const task of this.#tasks) this.#checkArrivals(task)
    this.#result.violations.push(...this.#options.tracker.violations.splice(0))
    return this.#result
  }

  #checkAnswered (task: Task): void {
    if (this.#options.tracker.arrivalsOf(task.id) === 0) this.#reportViolation(task, 'answered, though no upstream had the request')
  }

  #checkArrivals (task: Task): void {
    const { tracker, getArrivals = 2 } = this.#options
    const arrivals = tracker.arrivalsOf(task.id)
    if (arrivals > (task.method === 'GET' ? getArrivals : 1)) this.#reportViolation(task, `arrived ${arrivals} times`)
  }

  #reportViolation (task: Task, what: string): void {
    this.#result.violations.push(`${describeTask(task)}: ${what}`)
  }
}

function createTally (): Tally {
  return { sent: 0, answered: 0, busy: 0, failed: 0, broken: 0, unanswered: 0, wrong: 0 }
}

export interface Way {
  port: number
  agent: http.Agent | false
  timeout: number
}

/**
 * Sends one request and waits for its end, whichever it is. Never rejects.
 * @param send - writes the body, if there is one, and ends the request
 */
export function exchange (task: Task, { port, agent, timeout }: Way, send = sendUpload): Promise<Seen> {
  return new Promise(resolve => {
    const { id, method } = task
    const request = http.request({ host: '127.0.0.1', port, path: `/app${pathOf(task)}`, method, agent, headers: { 'x-request-id': `task-${id}`, ...framingOf(task) } })
    let response: http.IncomingMessage | undefined
    const chunks: Buffer[] = []
    const timer = setTimeout(() => settle({ kind: 'hanging', response, body: Buffer.concat(chunks) }), timeout)

    function settle (seen: Seen): void {
      clearTimeout(timer)
      resolve(seen)
      if (seen.kind !== 'response') request.destroy()
    }

    request.on('response', _response => {
      response = _response
      response.on('data', chunk => chunks.push(chunk)).on('error', () => {})
      response.on('close', () => settle({ kind: 'response', response: _response, body: Buffer.concat(chunks) }))
    })
    request.on('error', error => {
      if (response === undefined) settle({ kind: 'nothing', error })
    })
    send(request, task)
  })
}

function framingOf ({ method, uploadSize, uploadFraming }: Task): http.OutgoingHttpHeaders {
  if (method === 'GET') return {}
  return uploadFraming === 'chunked' ? { 'transfer-encoding': 'chunked' } : { 'content-length': uploadSize }
}

/** In one piece, or in two when it is chunked. */
function sendUpload (request: http.ClientRequest, task: Task): void {
  const body = uploadBody(task)
  if (task.method === 'GET' || body.length === 0) {
    request.end()
    return
  }
  if (task.uploadFraming === 'length') {
    request.end(body)
    return
  }
  request.write(body.subarray(0, Math.ceil(body.length / 2)))
  setImmediate(() => request.end(body.subarray(Math.ceil(body.length / 2))))
}
