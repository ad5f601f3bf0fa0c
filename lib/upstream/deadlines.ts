export const UNWATCHED = -1

/** Something that must not take longer than until its deadline. */
export interface Watched {
  /** When it expires, in the clock's milliseconds; `Infinity` is never. Changed freely while it is watched. */
  deadline: number
  /** Where it stands among those that are watched: written by `Deadlines` alone, and `UNWATCHED` at first. */
  slot: number
  /** Called once the deadline has passed, at every tick until it is moved or forgotten. */
  expire (now: number): void
}

/**
 * One coarse clock for all that is under way in a location, so that a request costs no timer of its own. A deadline is
 * seen at most one `resolution` late. The timer runs only while something is watched.
 *
 * They stand in an array and know their places in it. A Set, through which so much goes, is copied again and again; its old
 * tables keep what was in them and the next table reachable for each other, and so half of all requests survived
 * until V8's next full collection: a third of the processor's time.
 */
export class Deadlines<T extends Watched = Watched> {
  readonly #watched: T[] = []
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
    return this.#watched.length
  }

  /** What is under way. */
  [Symbol.iterator] (): Iterator<T> {
    return this.#watched.values()
  }

  add (watched: T): void {
    if (watched.slot !== UNWATCHED) return
    watched.slot = this.#watched.push(watched) - 1
    this.#timer ??= this.#start()
  }

  #start (): NodeJS.Timeout {
    const timer = setInterval(() => this.tick(), this.#resolution)
    return this.#keepsAlive ? timer : timer.unref()
  }

  delete (watched: T): void {
    const { slot } = watched
    if (slot === UNWATCHED) return
    watched.slot = UNWATCHED
    const last = this.#watched.pop()!
    if (last === watched) return
    this.#watched[slot] = last
    last.slot = slot
  }

  /** Expires what is due. The timer stops here, not in `delete`, so that single requests do not start and stop it. */
  tick (): void {
    if (this.#watched.length === 0) return this.close()
    const now = this.#now()
    for (const watched of this.#watched.filter(({ deadline }) => deadline <= now)) {
      // Whoever expires may end another one.
      if (watched.slot !== UNWATCHED && watched.deadline <= now) watched.expire(now)
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
