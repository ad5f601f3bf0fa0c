import type { ProbeState } from '../health/probe-state.ts'
import type { UpstreamTarget } from '../location/types.ts'
import { identityOf } from '../transport/upstream-identity.ts'
import { Upstream, type UpstreamRules } from './upstream.ts'

/** Finds what the probes of an address say; `null` for one that is not probed. */
export type ProbeFinder = (target: UpstreamTarget) => ProbeState | null

/** The upstreams of a pool: those that are there, and those that have left and still finish something. */
export class Members {
  readonly #rules: UpstreamRules
  #present: readonly Upstream[]
  readonly #leaving = new Set<Upstream>()

  constructor (targets: readonly UpstreamTarget[], rules: UpstreamRules, probeOf: ProbeFinder) {
    this.#rules = rules
    this.#present = targets.map((_, index) => this.#create(targets, index, probeOf))
  }

  get present (): readonly Upstream[] {
    return this.#present
  }

  get all (): readonly Upstream[] {
    return [...this.#present, ...this.#leaving]
  }

  /**
   * An address that stays is the same upstream, with another weight perhaps; one that is gone leaves when it has finished;
   * a new one joins.
   * @param now - milliseconds, from when the new ones start slowly
   */
  update (targets: readonly UpstreamTarget[], probeOf: ProbeFinder, now: number): void {
    const known = [...this.#present]
    this.#present = targets.map((target, index) => keep(known, target) ?? this.#create(targets, index, probeOf, now))
    for (const upstream of known) this.#dismiss(upstream)
  }

  /** Copies of an address have to be told from each other. */
  #create (targets: readonly UpstreamTarget[], index: number, probeOf: ProbeFinder, startedAt = -Infinity): Upstream {
    const target = targets[index]!
    const copies = targets.slice(0, index).filter(({ url }) => url === target.url).length
    const upstream = new Upstream(target, this.#rules, probeOf(target), copies)
    upstream.startedAt = startedAt
    return upstream
  }

  #dismiss (upstream: Upstream): void {
    this.#leaving.add(upstream)
    const forget = () => { this.#leaving.delete(upstream) }
    upstream.transport.close().then(forget, forget)
  }
}

/** Takes the upstream with this address out of a list. One that is to be reached in another way is another one. */
function keep (known: Upstream[], target: UpstreamTarget): Upstream | undefined {
  const index = known.findIndex(upstream => identityOf(upstream.target) === identityOf(target))
  if (index === -1) return undefined
  const [upstream] = known.splice(index, 1)
  upstream!.weight = target.weight
  return upstream
}
