import type { FastifyBaseLogger } from 'fastify'
import type { ToWorker } from './messages.ts'
import { describeExit, type WorkerExit, type WorkerProcess } from './worker-process.ts'

const FIRST_DELAY = 100
const MAX_DELAY = 10_000

/** A worker that has run for so many milliseconds was well, so its exit has another cause than the one before. */
const STABLE_AFTER = 30_000

/** Delays between restarts of a worker, so that one that exits at once, again and again, does not load the machine. */
export class RestartBackoff {
  #delay = FIRST_DELAY

  /**
   * @param lifetime - milliseconds that the last worker has run
   * @returns milliseconds until the restart; doubles every time, up to `MAX_DELAY`
   */
  next (lifetime: number): number {
    if (lifetime >= STABLE_AFTER) this.#delay = FIRST_DELAY
    const delay = this.#delay
    this.#delay = Math.min(delay * 2, MAX_DELAY)
    return delay
  }
}

/** One of the workers that are to run at all times. */
interface Child {
  /** `undefined` from the exit of one worker to the start of the next. */
  worker: WorkerProcess | undefined
  restartTimer: NodeJS.Timeout | undefined
  backoff: RestartBackoff
}

/** Keeps a number of workers running. */
export class Supervisor {
  readonly #log: FastifyBaseLogger
  readonly #launch: () => WorkerProcess
  readonly #children: readonly Child[]
  /** Every process, also those that are starting or draining. */
  readonly #processes = new Set<WorkerProcess>()
  #isStopping = false

  /** @param launch - starts a worker with the current settings */
  constructor (count: number, log: FastifyBaseLogger, launch: () => WorkerProcess) {
    this.#log = log
    this.#launch = launch
    this.#children = Array.from({ length: count }, () => {
      return { worker: undefined, restartTimer: undefined, backoff: new RestartBackoff() }
    })
  }

  /**
   * Starts all workers.
   * @returns the address that they listen on
   * @throws the error of a worker that cannot start; then none is left running
   */
  async start (): Promise<string> {
    const workers = this.#children.map(() => this.#spawn())
    try {
      const [address] = await Promise.all(workers.map(({ listening }) => listening))
      this.#children.forEach((child, index) => this.#supervise(child, workers[index]!))
      return address!
    } catch (error) {
      this.kill()
      await Promise.all(workers.map(({ exited }) => exited))
      throw error
    }
  }

  /**
   * Replaces the workers one after the other: the old one drains when the new one listens.
   * @returns how many have been replaced: less than all when a new one does not start, or when the gateway stops
   */
  async replaceAll (): Promise<number> {
    let replaced = 0
    for (const child of this.#children) {
      if (this.#isStopping || !await this.#replace(child)) break
      replaced++
    }
    return replaced
  }

  broadcast (message: ToWorker): void {
    for (const worker of this.#processes) worker.send(message)
  }

  /** Resolves when every worker has finished what is under way, and exited. */
  async stop (): Promise<void> {
    this.#isStopping = true
    for (const { restartTimer } of this.#children) clearTimeout(restartTimer)
    await Promise.all([...this.#processes].map(worker => worker.stop()))
  }

  /** Ends every worker at once. */
  kill (): void {
    this.#isStopping = true
    for (const worker of this.#processes) worker.kill()
  }

  #spawn (): WorkerProcess {
    const worker = this.#launch()
    this.#processes.add(worker)
    worker.onExit(() => this.#processes.delete(worker))
    return worker
  }

  #supervise (child: Child, worker: WorkerProcess): void {
    child.worker = worker
    worker.onExit(exit => this.#onExit(child, worker, exit))
    worker.listening.then(() => this.#log.info({ worker: worker.pid }, 'worker listens'), () => {})
  }

  /** Restarts a worker, unless its exit was expected. */
  #onExit (child: Child, worker: WorkerProcess, exit: WorkerExit): void {
    if (this.#isStopping || child.worker !== worker) return
    const { exitCode, signal, lifetime, error } = exit
    const delay = child.backoff.next(lifetime)
    const message = `worker has died (${describeExit(exit)}); another one starts in ${delay} ms`
    this.#log.warn({ worker: worker.pid, exitCode, signal, err: error }, message)
    child.worker = undefined
    child.restartTimer = setTimeout(() => this.#supervise(child, this.#spawn()), delay)
  }

  async #replace (child: Child): Promise<boolean> {
    const worker = this.#spawn()
    try {
      await worker.listening
    } catch (error) {
      if (!this.#isStopping) this.#log.error({ err: error }, 'a new worker does not start; those that are left go on')
      return false
    }
    clearTimeout(child.restartTimer)
    const { worker: old } = child
    this.#supervise(child, worker)
    await old?.drain()
    return true
  }
}
