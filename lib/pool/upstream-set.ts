import type { ProbeState } from '../health/probe-state.ts'
import { identityOf } from '../health/health-source.ts'
import type { UpstreamTarget } from '../location.ts'
import { Upstream, type UpstreamRules } from './upstream.ts'

/** Finds what the health checks of an address say; `null` for an address without health checks. */
export type ProbeFinder = (target: UpstreamTarget) => ProbeState | null

/** The upstreams of a pool: the configured ones, and removed ones that still have requests to finish. */
export class UpstreamSet {
  /** The configured upstreams, in their order. */
  current: readonly Upstream[]
  readonly #rules: UpstreamRules
  readonly #removed = new Set<Upstream>()

  constructor (targets: readonly UpstreamTarget[], rules: UpstreamRules, probeOf: ProbeFinder) {
    this.#rules = rules
    this.current = targets.map((_, index) => this.#create(targets, index, probeOf))
  }

  /**
   * An address that stays is the same upstream, perhaps with another weight; one that is gone is closed when its last
   * request has ended; a new one is added.
   * @param now - milliseconds, the start of the slow start of the new ones
   */
  update (targets: readonly UpstreamTarget[], probeOf: ProbeFinder, now: number): void {
    const known = [...this.current]
    this.current = targets.map((target, index) =>
      takeSame(known, target) ?? this.#create(targets, index, probeOf, now))
    for (const upstream of known) this.#remove(upstream)
  }

  /** Closes every connection, at once. */
  async destroy (): Promise<void> {
    await Promise.all([...this.current, ...this.#removed].map(({ transport }) => transport.destroy()))
  }

  /** Upstreams with the same address are numbered: the balancer hashes them apart. */
  #create (targets: readonly UpstreamTarget[], index: number, probeOf: ProbeFinder, joinedAt = -Infinity): Upstream {
    const target = targets[index]!
    const copies = targets.slice(0, index).filter(({ url }) => url === target.url).length
    const upstream = new Upstream(target, this.#rules, probeOf(target), copies)
    upstream.joinedAt = joinedAt
    return upstream
  }

  #remove (upstream: Upstream): void {
    this.#removed.add(upstream)
    const forget = () => { this.#removed.delete(upstream) }
    upstream.transport.close().then(forget, forget)
  }
}

/** Takes the upstream with the address of a target out of a list. Other TLS settings make it another upstream. */
function takeSame (known: Upstream[], target: UpstreamTarget): Upstream | undefined {
  const index = known.findIndex(upstream => identityOf(upstream.target) === identityOf(target))
  if (index === -1) return undefined
  const [upstream] = known.splice(index, 1)
  upstream!.weight = target.weight
  return upstream
}
