import type { HealthCheckRule, UpstreamTarget } from '../location.ts'
import { type HealthSource, identityOf, type ProbeListener } from './health-source.ts'
import { ProbeState, type ProbeStatus } from './probe-state.ts'

/** Result of a probe that another process has made. */
export interface HealthUpdate {
  hasPassed: boolean
  /** The status of the address after this probe, by the thresholds of that process. */
  status: Exclude<ProbeStatus, 'unknown'>
}

/**
 * Health of a location's upstreams where another process probes them. That process counts passes and failures; here
 * only its status is adopted, so all followers agree, whenever they have joined.
 */
export class HealthFollower implements HealthSource {
  readonly #rule: HealthCheckRule
  readonly #lastStatusOf: (address: string) => ProbeStatus
  readonly #onProbe: ProbeListener
  /** By `identityOf()`. */
  readonly #followed = new Map<string, { target: UpstreamTarget, state: ProbeState }>()
  /** `null` before the start. */
  #targets: (() => readonly UpstreamTarget[]) | null = null

  /** @param lastStatusOf - the status of an address, by `identityOf()`, before it is followed here */
  constructor (rule: HealthCheckRule, lastStatusOf: (address: string) => ProbeStatus, onProbe: ProbeListener) {
    this.#rule = rule
    this.#lastStatusOf = lastStatusOf
    this.#onProbe = onProbe
  }

  stateOf (target: UpstreamTarget): ProbeState {
    const address = identityOf(target)
    let followed = this.#followed.get(address)
    if (followed === undefined) {
      followed = { target, state: new ProbeState(this.#rule, this.#lastStatusOf(address)) }
      this.#followed.set(address, followed)
    }
    return followed.state
  }

  start (targets: () => readonly UpstreamTarget[]): void {
    this.#targets = targets
  }

  refresh (): void {
    if (this.#targets === null) return
    const present = new Set(this.#targets().map(identityOf))
    for (const address of this.#followed.keys()) {
      if (!present.has(address)) this.#followed.delete(address)
    }
  }

  stop (): void {
    this.#followed.clear()
  }

  /** @param address - by `identityOf()`; one that is not followed here is ignored */
  update (address: string, { hasPassed, status }: HealthUpdate): void {
    const followed = this.#followed.get(address)
    if (followed === undefined) return
    this.#onProbe({ ...followed, hasPassed, change: followed.state.adopt(status) })
  }
}
