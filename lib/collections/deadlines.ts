import { NO_SLOT, type Slotted, Slots } from '../slots.ts'

/** Something that must not take longer than until its deadline. */
export interface Watched extends Slotted {
  /** When it expires, in the clock's milliseconds; `Infinity` is never. Changed freely while it is watched. */
  deadline: number
  /** Called once the deadline has passed, at every tick until it is moved or forgotten. */
  expire (now: number): void
}

/**
 * One coarse clock for all that is under way in a location, so that a request costs no timer of its own. A deadline is
 * seen at most one `resolution` late. The timer runs only while something is watched.
 */
export class Deadlines<T extends Watched = Watched> {
  readonly #watched = new Slots<T>()
  readonly #now: () => number
  readonly #resolution: number
  readonly #keepsAlive: boolean
  #timer: NodeJS.Timeout | undefined

  /**
   * @param now - the clock, in milliseconds
   * @param resolution - time between two looks at it, in milliseconds
   * @param keepsAlive - the process does not end before what is watched: for what has no connection that does this
   */
  constructor (now: () => number, resolution: number, keepsAlive = false) {
    this.#now = now
    this.#resolution = resolution
    this.#keepsAlive = keepsAlive
  }

  get size (): number {
    return this.#watched.size
  }

  /** What is under way. */
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

  /** Expires what is due. The timer stops here, not in `delete`, so that single requests do not start and stop it. */
  tick (): void {
    if (this.#watched.size === 0) return this.close()
    const now = this.#now()
    for (const watched of this.#watched) {
      // Whoever expires may end another one.
      if (watched.slot !== NO_SLOT && watched.deadline <= now) watched.expire(now)
    }
  }

  close (): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}

/**
 * How closely the times of a location have to be watched: a tenth of the shortest, between 10 ms and 1 s.
 * @param durations - milliseconds; 0 is none
 */
export function resolutionFor (durations: readonly number[]): number {
  const shortest = Math.min(...durations.filter(duration => duration > 0), 10_000)
  return Math.max(10, Math.round(shortest / 10))
}
