/** How long a session may be idle or silent; all in milliseconds. */
export interface VigilTimes {
  /** Between two looks. */
  interval: number
  /** Without a request for so long, it is closed. */
  idle: number
  /** With requests and without a byte for so long, its other end is asked by PING whether it is there. */
  silence: number
  /** For an answer to that. */
  pingTimeout: number
  /** Between two PINGs. gRPC servers close the connections of those who ask more often than every five minutes. */
  pingPause: number
}

export const VIGIL_TIMES: VigilTimes = { interval: 5000, idle: 30_000, silence: 30_000, pingTimeout: 15_000, pingPause: 310_000 }

/** A session as it is watched. */
export interface Watched {
  /** Requests under way. */
  running: number
  bytesRead: number
  sendPing (): void
  close (): void
  /** Nobody is at its other end any more. */
  giveUp (): void
}

/**
 * Looks after a session while it is open. It is closed when nobody uses it; and when nothing comes, it is found out whether
 * something can: what a dead peer was sent would wait for ever, an event stream, and every request after it.
 */
export class Vigil {
  readonly #session: Watched
  readonly #times: VigilTimes
  readonly #now: () => number
  readonly #timer: NodeJS.Timeout
  #bytesRead = 0
  #idleSince: number
  #heardAt: number
  #pingedAt = -Infinity
  #isPinging = false

  /** @param now - milliseconds that never go back */
  constructor (session: Watched, times: VigilTimes = VIGIL_TIMES, now: () => number = () => performance.now()) {
    this.#session = session
    this.#times = times
    this.#now = now
    this.#idleSince = this.#heardAt = now()
    this.#timer = setInterval(() => this.look(), times.interval).unref()
  }

  stop (): void {
    clearInterval(this.#timer)
  }

  /** A request has ended, and none is left. */
  rest (): void {
    this.#idleSince = this.#now()
  }

  look (): void {
    const now = this.#now()
    const { running, bytesRead } = this.#session
    const isQuiet = running > 0 && bytesRead === this.#bytesRead
    this.#bytesRead = bytesRead
    if (!isQuiet) this.#hear(now)
    if (running === 0 && now - this.#idleSince >= this.#times.idle) this.#session.close()
    else if (this.#isPinging) this.#judge(now)
    else if (now - this.#heardAt >= this.#times.silence && now - this.#pingedAt >= this.#times.pingPause) this.#ping(now)
  }

  #hear (now: number): void {
    this.#heardAt = now
    this.#isPinging = false
  }

  #ping (now: number): void {
    this.#pingedAt = now
    this.#isPinging = true
    this.#session.sendPing()
  }

  #judge (now: number): void {
    if (now - this.#pingedAt >= this.#times.pingTimeout) this.#session.giveUp()
  }
}
