/** When a session is closed or probed; all in milliseconds. */
export interface MonitorTimes {
  /** Between two checks. */
  checkInterval: number
  /** After so long without a request, the session is closed. */
  idleTimeout: number
  /** After so long with requests and without a byte, a PING is sent. */
  silenceTimeout: number
  /** The ACK of the PING must come within this. */
  pingTimeout: number
  /** Shortest time between two PINGs. gRPC servers close connections with more than one in five minutes. */
  minPingInterval: number
}

export const MONITOR_TIMES: MonitorTimes = {
  checkInterval: 5000,
  idleTimeout: 30_000,
  silenceTimeout: 30_000,
  pingTimeout: 15_000,
  minPingInterval: 310_000,
}

/** A session as its monitor sees it. */
export interface MonitoredSession {
  activeStreams: number
  bytesRead: number
  sendPing (): void
  close (): void
  /** The peer is dead. */
  onPingTimeout (): void
}

/**
 * Monitors an open session: closes it when it is idle, and checks by PING whether a silent peer is still there. Without
 * this, an event stream from a dead peer, and every later request to it, would wait for ever.
 */
export class SessionMonitor {
  readonly #session: MonitoredSession
  readonly #times: MonitorTimes
  readonly #now: () => number
  readonly #timer: NodeJS.Timeout
  #bytesRead = 0
  #idleSince: number
  #activeAt: number
  #pingedAt = -Infinity
  #awaitsAck = false

  /** @param now - monotonic clock, in milliseconds */
  constructor (
    session: MonitoredSession,
    times: MonitorTimes = MONITOR_TIMES,
    now: () => number = () => performance.now()
  ) {
    this.#session = session
    this.#times = times
    this.#now = now
    this.#idleSince = this.#activeAt = now()
    this.#timer = setInterval(() => this.check(), times.checkInterval).unref()
  }

  stop (): void {
    clearInterval(this.#timer)
  }

  /** The last request has ended. */
  onIdle (): void {
    this.#idleSince = this.#now()
  }

  check (): void {
    const now = this.#now()
    const { activeStreams, bytesRead } = this.#session
    const isSilent = activeStreams > 0 && bytesRead === this.#bytesRead
    this.#bytesRead = bytesRead
    if (!isSilent) this.#noteActivity(now)
    if (activeStreams === 0 && now - this.#idleSince >= this.#times.idleTimeout) this.#session.close()
    else if (this.#awaitsAck) this.#checkPing(now)
    else if (this.#isPingDue(now)) this.#ping(now)
  }

  #noteActivity (now: number): void {
    this.#activeAt = now
    this.#awaitsAck = false
  }

  #isPingDue (now: number): boolean {
    const { silenceTimeout, minPingInterval } = this.#times
    return now - this.#activeAt >= silenceTimeout && now - this.#pingedAt >= minPingInterval
  }

  #ping (now: number): void {
    this.#pingedAt = now
    this.#awaitsAck = true
    this.#session.sendPing()
  }

  #checkPing (now: number): void {
    if (now - this.#pingedAt >= this.#times.pingTimeout) this.#session.onPingTimeout()
  }
}
