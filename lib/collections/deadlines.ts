import { type Indexed, IndexedSet, NOT_IN_SET } from './indexed-set.ts'

/** Something that must not take longer than until its deadline. */
export interface Watched extends Indexed {
  /** When it expires, in the clock's milliseconds; `Infinity` is never. Changed freely while it is watched. */
  deadline: number
  /** Called when the deadline has passed, at every tick until it is moved or the entry deleted. */
  expire (now: number): void
}

/**
 * One coarse timer for everything that runs in a location, so that a request costs no timer of its own. A deadline is
 * noticed at most one `resolution` late. The timer runs only while there are entries.
 */
export class Deadlines<T extends Watched = Watched> {
  readonly #watched = new IndexedSet<T>()
  readonly #now: () => number
  readonly #resolution: number
  readonly #keepsAlive: boolean
  #timer: NodeJS.Timeout | undefined

  /**
   * @param now - the clock, in milliseconds
   * @param resolution - time between two ticks, in milliseconds
   * @param keepsAlive - the process does not end while there are entries: for those without a connection that does this
   */
  constructor (now: () => number, resolution: number, keepsAlive = false) {
    this.#now = now
    this.#resolution = resolution
    this.#keepsAlive = keepsAlive
  }

  /** The entries, in no order; they may be deleted meanwhile. */
  [Symbol.iterator] (): Iterator<T> {
    return this.#watched[Symbol.iterator]()
  }

  add (watched: T): void {
    this.#watched.add(watched)
    this.#timer ??= this.#start()
  }

  #start (): NodeJS.Timeout {
    const timer = setInterval(() => this.tick(), this.#resolution)
    return this.#keepsAlive ? timer : timer.unref()
  }

  delete (watched: T): void {
    this.#watched.delete(watched)
  }

  /** Expires what is due. The timer stops here, not in `delete`: single requests would start and stop it each time. */
  tick (): void {
    if (this.#watched.size === 0) return this.close()
    const now = this.#now()
    for (const watched of this.#watched) {
      // One that expires may end another.
      if (watched.setIndex !== NOT_IN_SET && watched.deadline <= now) watched.expire(now)
    }
  }

  close (): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}

/**
 * The resolution for a set of timeouts: a tenth of the shortest, between 10 ms and 1 s.
 * @param durations - milliseconds; 0 is no timeout
 */
export function resolutionFor (durations: readonly number[]): number {
  const shortest = Math.min(...durations.filter(duration => duration > 0), 10_000)
  return Math.max(10, Math.round(shortest / 10))
}
