import { ProbeState } from './probe-state.ts'
import type { HealthCheckRule, UpstreamTarget } from '../configuration/types.ts'
import type { HealthSource, ProbeListener } from './health-source.ts'
import { identityOf } from './upstream-identity.ts'
import { Probe } from '../transport/probe.ts'

/** What is known of an address, and who finds out. */
interface Watch {
  target: UpstreamTarget
  state: ProbeState
  timer: NodeJS.Timeout | undefined
  probe: Probe | undefined
}

/**
 * Probes the addresses of a location while it runs, each one once, however often it is listed. The first probe is
 * made at once; the next when one is over and its interval has passed. Its timers never keep the process alive.
 */
export class HealthChecker implements HealthSource {
  readonly #rule: HealthCheckRule
  readonly #random: () => number
  readonly #tell: ProbeListener
  readonly #watches = new Map<string, Watch>()
  /** While it runs. */
  #targets: (() => readonly UpstreamTarget[]) | null = null

  constructor (rule: HealthCheckRule, random: () => number, tell: ProbeListener) {
    this.#rule = rule
    this.#random = random
    this.#tell = tell
  }

  stateOf (target: UpstreamTarget): ProbeState {
    const key = identityOf(target)
    let watch = this.#watches.get(key)
    if (watch === undefined) {
      watch = { target, state: new ProbeState(this.#rule), timer: undefined, probe: undefined }
      this.#watches.set(key, watch)
    }
    return watch.state
  }

  start (targets: () => readonly UpstreamTarget[]): void {
    this.#targets = targets
    this.refresh()
  }

  /** Those that are new are probed, and those that are gone no longer. */
  refresh (): void {
    if (this.#targets === null) return
    const present = new Set<string>()
    for (const target of this.#targets()) {
      present.add(identityOf(target))
      this.stateOf(target)
    }
    for (const [key, watch] of this.#watches) {
      if (!present.has(key)) this.#forget(key, watch)
      else if (watch.timer === undefined && watch.probe === undefined) this.#probe(watch)
    }
  }

  stop (): void {
    this.#targets = null
    for (const [key, watch] of this.#watches) this.#forget(key, watch)
  }

  #probe (watch: Watch): void {
    watch.timer = undefined
    watch.probe = new Probe(watch.target, this.#rule, hasPassed => this.#judge(watch, hasPassed))
  }

  #judge (watch: Watch, hasPassed: boolean): void {
    const change = watch.state.record(hasPassed)
    watch.probe = undefined
    watch.timer = setTimeout(() => this.#probe(watch), watch.state.nextDelay(this.#random)).unref()
    this.#tell({ target: watch.target, state: watch.state, hasPassed, change })
  }

  #forget (key: string, { timer, probe }: Watch): void {
    clearTimeout(timer)
    probe?.stop()
    this.#watches.delete(key)
  }
}
