import cluster, { type Worker } from 'node:cluster'
import { fileURLToPath } from 'node:url'
import type { ToPrimary, ToWorker, WorkerSettings } from './messages.ts'
import { deserializeError } from './serialize-error.ts'

/** How a worker has exited. */
export interface WorkerExit {
  /** `null` when a signal ended it. */
  exitCode: number | null
  signal: string | null
  /** In milliseconds. */
  lifetime: number
  /** Why it could not start, when it has reported that. */
  error: Error | undefined
}

/** A worker that still runs so many milliseconds after the end of its grace period hangs, and is killed. */
const KILL_DELAY = 5000

/** A worker as the primary sees it: a child process that serves the gateway. */
export class WorkerProcess {
  /** Resolves to its address when it accepts connections; rejects when it exits before. */
  readonly listening: Promise<string>
  readonly exited: Promise<WorkerExit>
  readonly #worker: Worker
  readonly #killTimeout: number
  /** Messages until it is ready to receive them; `undefined` from then on. */
  #queue: ToWorker[] | undefined = []
  #error: Error | undefined
  #killTimer: NodeJS.Timeout | undefined

  constructor (settings: WorkerSettings) {
    const { delay, gracePeriod } = settings.configuration.options.shutdown
    this.#killTimeout = delay + gracePeriod + KILL_DELAY
    this.#worker = fork()
    this.exited = this.#awaitExit(performance.now())
    this.listening = this.#awaitListening()
    // It may reject before there is a handler.
    this.listening.catch(() => {})
    // Sending to a worker that has just exited fails; its exit is handled elsewhere.
    this.#worker.on('error', () => {})
    this.send({ type: 'start', settings })
  }

  get pid (): number | undefined {
    return this.#worker.process.pid
  }

  /** Calls back when it has exited, also when it already has. */
  onExit (listener: (exit: WorkerExit) => void): void {
    // It never rejects.
    this.exited.then(listener, () => {})
  }

  send (message: ToWorker): void {
    if (this.#queue !== undefined) this.#queue.push(message)
    else if (this.#worker.isConnected()) this.#worker.send(message)
  }

  /** Another worker has replaced it. Resolves when it has finished what is under way, and exited. */
  async drain (): Promise<void> {
    await this.#end({ type: 'drain' })
  }

  /** The gateway stops. Resolves when it has exited. */
  async stop (): Promise<void> {
    await this.#end({ type: 'stop' })
  }

  /** Ends it at once, whatever is under way. */
  kill (): void {
    this.#worker.process.kill('SIGKILL')
  }

  #sendQueue (): void {
    const queue = this.#queue ?? []
    this.#queue = undefined
    for (const message of queue) this.send(message)
  }

  async #end (message: ToWorker): Promise<void> {
    this.send(message)
    this.#killTimer ??= setTimeout(() => this.kill(), this.#killTimeout)
    await this.exited
  }

  async #awaitExit (startedAt: number): Promise<WorkerExit> {
    // Not `once()` of node:events, which rejects with any 'error', such as that of a message to a worker that is
    // exiting.
    const [exitCode, signal] = await new Promise<[number | null, string | null]>(resolve => {
      this.#worker.once('exit', (...exit: [number | null, string | null]) => resolve(exit))
    })
    clearTimeout(this.#killTimer)
    return { exitCode, signal, lifetime: performance.now() - startedAt, error: this.#error }
  }

  #awaitListening (): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#worker.on('message', (message: ToPrimary) => {
        switch (message.type) {
          case 'ready': return this.#sendQueue()
          case 'listening': return resolve(message.address)
          case 'failed': return reject(this.#error = deserializeError(message.error))
          // Connections that node had handed over when the worker stopped accepting come back from it, for another
          // worker. node reads the messages of both in order, so when the worker reads this one, no connection is on
          // its way to it.
          case 'done': this.#worker.disconnect()
        }
      })
      this.onExit(exit => reject(new Error(`a worker ended before it could listen (${describeExit(exit)})`)))
    })
  }
}

/** `exit code 1`, `SIGKILL`. */
export function describeExit ({ exitCode, signal }: Pick<WorkerExit, 'exitCode' | 'signal'>): string {
  return signal ?? `exit code ${exitCode}`
}

function fork (): Worker {
  // The primary accepts connections and hands them over in turn. A worker that stops accepting hands its pending ones
  // back, so that no connection is refused when a worker is replaced. With a socket for each worker (SO_REUSEPORT), the
  // connections in the accept queue of a closed socket would be reset.
  cluster.schedulingPolicy = cluster.SCHED_RR
  // `advanced`, because a configuration holds regular expressions.
  cluster.setupPrimary({ exec: resolveEntry(import.meta.url, 'worker'), args: [], serialization: 'advanced' })
  return cluster.fork()
}

/**
 * Path of the entry of a process or thread, beside the module that starts it.
 * @param url - `import.meta.url` of that module; the entry has the same extension: `.ts` in the source, `.js` compiled
 */
export function resolveEntry (url: string, name: string): string {
  const extension = url.slice(url.lastIndexOf('.'))
  return fileURLToPath(new URL(`./${name}${extension}`, url))
}
