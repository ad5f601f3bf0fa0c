import type { HealthCheckRule, UpstreamTarget } from '../location.ts'
import { type HealthSource, identityOf, type ProbeListener } from './health-source.ts'
import { Probe, type SendProbe } from './probe.ts'
import { ProbeState } from './probe-state.ts'

export interface HealthCheckerContext {
  /** From 0 to below 1; called once a probe. */
  random: () => number
  sendProbe: SendProbe
  onProbe: ProbeListener
}

/** An address, with the probe that is under way or the timer of the next one. */
interface CheckedTarget {
  target: UpstreamTarget
  state: ProbeState
  timer: NodeJS.Timeout | undefined
  probe: Probe | undefined
}

/**
 * Probes the addresses of one location while it is started, each address once, however often it is listed. The first
 * probe is sent at once, the next one an interval after the end of the one before. Its timers never keep the process
 * alive.
 */
export class HealthChecker implements HealthSource {
  readonly #rule: HealthCheckRule
  readonly #context: HealthCheckerContext
  /** By `identityOf()`. */
  readonly #checked = new Map<string, CheckedTarget>()
  /** `null` before the start and after the stop. */
  #targets: (() => readonly UpstreamTarget[]) | null = null

  constructor (rule: HealthCheckRule, context: HealthCheckerContext) {
    this.#rule = rule
    this.#context = context
  }

  stateOf (target: UpstreamTarget): ProbeState {
    const key = identityOf(target)
    let checked = this.#checked.get(key)
    if (checked === undefined) {
      checked = { target, state: new ProbeState(this.#rule), timer: undefined, probe: undefined }
      this.#checked.set(key, checked)
    }
    return checked.state
  }

  start (targets: () => readonly UpstreamTarget[]): void {
    this.#targets = targets
    this.refresh()
  }

  /** Begins to probe added addresses, and stops to probe removed ones. */
  refresh (): void {
    if (this.#targets === null) return
    const present = new Set<string>()
    for (const target of this.#targets()) {
      present.add(identityOf(target))
      this.stateOf(target)
    }
    for (const [key, checked] of this.#checked) {
      if (!present.has(key)) this.#remove(key, checked)
      else if (checked.timer === undefined && checked.probe === undefined) this.#probe(checked)
    }
  }

  stop (): void {
    this.#targets = null
    for (const [key, checked] of this.#checked) this.#remove(key, checked)
  }

  #probe (checked: CheckedTarget): void {
    checked.timer = undefined
    const { sendProbe } = this.#context
    checked.probe = new Probe(checked.target, this.#rule, sendProbe, hasPassed => this.#onResult(checked, hasPassed))
  }

  #onResult (checked: CheckedTarget, hasPassed: boolean): void {
    const { target, state } = checked
    const change = state.record(hasPassed)
    checked.probe = undefined
    checked.timer = setTimeout(() => this.#probe(checked), state.nextDelay(this.#context.random)).unref()
    this.#context.onProbe({ target, state, hasPassed, change })
  }

  #remove (key: string, { timer, probe }: CheckedTarget): void {
    clearTimeout(timer)
    probe?.stop()
    this.#checked.delete(key)
  }
}
