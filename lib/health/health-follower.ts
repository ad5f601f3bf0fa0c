import { ProbeState, type ProbeStatus } from './probe-state.ts'
import type { HealthCheckRule, UpstreamTarget } from '../configuration/types.ts'
import type { HealthSource, ProbeListener } from './health-source.ts'
import { identityOf } from './upstream-identity.ts'

/** What another process has found out about an address. */
export interface Finding {
  hasPassed: boolean
  /** What its probes say all in all. */
  status: Exclude<ProbeStatus, 'unknown'>
}

/**
 * The health of a location's upstreams where another process probes them. That one counts passes and failures; here its
 * verdict is taken over, so that all who follow it are of one mind, whenever they have joined.
 */
export class HealthFollower implements HealthSource {
  readonly #rule: HealthCheckRule
  readonly #known: (address: string) => ProbeStatus
  readonly #tell: ProbeListener
  readonly #followed = new Map<string, { target: UpstreamTarget, state: ProbeState }>()
  /** From the start on. */
  #targets: (() => readonly UpstreamTarget[]) | null = null

  /** @param known - what has been found out about an address, by `identityOf()`, before it is followed */
  constructor (rule: HealthCheckRule, known: (address: string) => ProbeStatus, tell: ProbeListener) {
    this.#rule = rule
    this.#known = known
    this.#tell = tell
  }

  stateOf (target: UpstreamTarget): ProbeState {
    const address = identityOf(target)
    let followed = this.#followed.get(address)
    if (followed === undefined) {
      followed = { target, state: new ProbeState(this.#rule, this.#known(address)) }
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

  /** @param address - by `identityOf()`; one that is not followed is of no interest */
  hear (address: string, { hasPassed, status }: Finding): void {
    const followed = this.#followed.get(address)
    if (followed === undefined) return
    this.#tell({ ...followed, hasPassed, change: followed.state.adopt(status) })
  }
}
