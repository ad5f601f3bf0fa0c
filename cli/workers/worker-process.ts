import cluster, { type Worker } from 'node:cluster'
import { fromPlainError } from './serialize-error.ts'
import type { ToPrimary, ToWorker, WorkerSettings } from './messages.ts'
import { siblingOf } from './sibling.ts'

/** How a worker has ended. */
export interface WorkerExit {
  /** `null` when a signal ended it. */
  exitCode: number | null
  signal: string | null
  /** In milliseconds. */
  lifetime: number
  /** Why it did not start, when it said so. */
  error: Error | undefined
}

/** A worker that still runs so many milliseconds after the end of its grace period hangs. */
const PATIENCE = 5000

/** A worker as the primary sees it: a process of its own that serves the gateway. */
export class WorkerProcess {
  /** Resolves to its address when it accepts connections; rejects when it ends before. */
  readonly listening: Promise<string>
  readonly exited: Promise<WorkerExit>
  readonly #worker: Worker
  readonly #limit: number
  /** What it is told as soon as it can hear; `undefined` from then on. */
  #unsaid: ToWorker[] | undefined = []
  #error: Error | undefined
  #deadline: NodeJS.Timeout | undefined

  constructor (settings: WorkerSettings) {
    const { delay, gracePeriod } = settings.configuration.options.shutdown
    this.#limit = delay + gracePeriod + PATIENCE
    this.#worker = fork()
    this.exited = this.#awaitExit(performance.now())
    this.listening = this.#awaitListening()
    // Whoever waits for it hears of it; but there may be nobody.
    this.listening.catch(() => {})
    // A worker that has just ended cannot be told anything; its end is heard of elsewhere.
    this.#worker.on('error', () => {})
    this.tell({ type: 'start', settings })
  }

  get pid (): number | undefined {
    return this.#worker.process.pid
  }

  /** Calls back when it has ended, also when it has by now. */
  onExit (listener: (exit: WorkerExit) => void): void {
    // It never rejects.
    this.exited.then(listener, () => {})
  }

  tell (message: ToWorker): void {
    if (this.#unsaid !== undefined) this.#unsaid.push(message)
    else if (this.#worker.isConnected()) this.#worker.send(message)
  }

  /** Another worker is in its place. Resolves when it has finished what is under way, and ended. */
  async retire (): Promise<void> {
    await this.#leave({ type: 'retire' })
  }

  /** The gateway stops. Resolves when it has ended. */
  async stop (): Promise<void> {
    await this.#leave({ type: 'stop' })
  }

  /** Ends it at once, whatever is under way. */
  kill (): void {
    this.#worker.process.kill('SIGKILL')
  }

  #sayAll (): void {
    const unsaid = this.#unsaid ?? []
    this.#unsaid = undefined
    for (const message of unsaid) this.tell(message)
  }

  async #leave (message: ToWorker): Promise<void> {
    this.tell(message)
    this.#deadline ??= setTimeout(() => this.kill(), this.#limit)
    await this.exited
  }

  async #awaitExit (startedAt: number): Promise<WorkerExit> {
    // Not by `once()` of node:events, which an error would end, such as that of a message to one that is ending.
    const [exitCode, signal] = await new Promise<[number | null, string | null]>(resolve => {
      this.#worker.once('exit', (...exit: [number | null, string | null]) => resolve(exit))
    })
    clearTimeout(this.#deadline)
    return { exitCode, signal, lifetime: performance.now() - startedAt, error: this.#error }
  }

  #awaitListening (): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#worker.on('message', (message: ToPrimary) => {
        switch (message.type) {
          case 'ready': return this.#sayAll()
          case 'listening': return resolve(message.address)
          case 'failed': return reject(this.#error = fromPlainError(message.error))
          // What node had handed over when the worker stopped accepting comes back from it, to be given to another one. node
          // reads the messages of both in order, so when the worker reads this one, nothing is on its way to it any more.
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
  // The primary accepts connections and hands them over in turn. A worker that stops accepting hands back what it had been
  // given, so that nothing is refused when one takes the place of another. With a socket for each (SO_REUSEPORT), the
  // connections in the queue of the one that closes would be reset.
  cluster.schedulingPolicy = cluster.SCHED_RR
  // `advanced`, because a configuration holds regular expressions.
  cluster.setupPrimary({ exec: siblingOf(import.meta.url, 'worker'), args: [], serialization: 'advanced' })
  return cluster.fork()
}
