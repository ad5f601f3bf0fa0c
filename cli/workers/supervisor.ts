import type { FastifyBaseLogger } from 'fastify'
import { Backoff } from './restart-backoff.ts'
import type { ToWorker } from './messages.ts'
import { describeExit, type WorkerExit, type WorkerProcess } from './worker-process.ts'

/** A place that is to have a worker at all times. */
interface Place {
  worker: WorkerProcess | undefined
  /** Until there is one again. */
  restart: NodeJS.Timeout | undefined
  backoff: Backoff
}

/** Keeps a number of workers running. */
export class Supervisor {
  readonly #log: FastifyBaseLogger
  readonly #launch: () => WorkerProcess
  readonly #places: readonly Place[]
  /** Those without a place, too: they start, or finish what they have. */
  readonly #running = new Set<WorkerProcess>()
  #isStopping = false

  /** @param launch - starts a worker with the settings of the moment */
  constructor (count: number, log: FastifyBaseLogger, launch: () => WorkerProcess) {
    this.#log = log
    this.#launch = launch
    this.#places = Array.from({ length: count }, () => ({ worker: undefined, restart: undefined, backoff: new Backoff() }))
  }

  /**
   * Starts all of them. Resolves to the address that they listen on.
   * @throws what one of them says that cannot start; then none is left running
   */
  async start (): Promise<string> {
    const workers = this.#places.map(() => this.#open())
    try {
      const [address] = await Promise.all(workers.map(({ listening }) => listening))
      this.#places.forEach((place, index) => this.#settle(place, workers[index]!))
      return address!
    } catch (error) {
      this.kill()
      await Promise.all(workers.map(({ exited }) => exited))
      throw error
    }
  }

  /**
   * Puts a new worker in the place of each, one after the other: the old one goes when the new one listens.
   * @returns how many have been replaced; it ends early when a new one does not start, or when all are stopped
   */
  async replaceAll (): Promise<number> {
    let replaced = 0
    for (const place of this.#places) {
      if (this.#isStopping || !await this.#replace(place)) break
      replaced++
    }
    return replaced
  }

  tellAll (message: ToWorker): void {
    for (const worker of this.#running) worker.tell(message)
  }

  /** Resolves when each has finished what is under way, and ended. */
  async stop (): Promise<void> {
    this.#isStopping = true
    for (const { restart } of this.#places) clearTimeout(restart)
    await Promise.all([...this.#running].map(worker => worker.stop()))
  }

  /** Ends all of them at once. */
  kill (): void {
    this.#isStopping = true
    for (const worker of this.#running) worker.kill()
  }

  #open (): WorkerProcess {
    const worker = this.#launch()
    this.#running.add(worker)
    worker.onExit(() => this.#running.delete(worker))
    return worker
  }

  #settle (place: Place, worker: WorkerProcess): void {
    place.worker = worker
    worker.onExit(exit => this.#missed(place, worker, exit))
    worker.listening.then(() => this.#log.info({ worker: worker.pid }, 'worker listens'), () => {})
  }

  /** Nobody has told it to end. */
  #missed (place: Place, worker: WorkerProcess, exit: WorkerExit): void {
    if (this.#isStopping || place.worker !== worker) return
    const { exitCode, signal, lifetime, error } = exit
    const delay = place.backoff.next(lifetime)
    this.#log.warn({ worker: worker.pid, exitCode, signal, err: error }, `worker has died (${describeExit(exit)}); another one starts in ${delay} ms`)
    place.worker = undefined
    place.restart = setTimeout(() => this.#settle(place, this.#open()), delay)
  }

  async #replace (place: Place): Promise<boolean> {
    const worker = this.#open()
    try {
      await worker.listening
    } catch (error) {
      if (!this.#isStopping) this.#log.error({ err: error }, 'a new worker does not start; those that are left go on')
      return false
    }
    clearTimeout(place.restart)
    const { worker: old } = place
    this.#settle(place, worker)
    await old?.retire()
    return true
  }
}
