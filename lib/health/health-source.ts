import type { ProbeState, ProbeStatus } from './probe-state.ts'
import type { Location, UpstreamTarget } from '../configuration/types.ts'

/** What a probe of an address has shown. */
export interface ProbeReport {
  target: UpstreamTarget
  /** Of the address: all upstreams there share it. */
  state: ProbeState
  hasPassed: boolean
  /** What it has become by that, if anything, for its users. */
  change: Exclude<ProbeStatus, 'unknown'> | undefined
}

export type ProbeListener = (report: ProbeReport) => void

/** How a location knows of the health of its upstreams' addresses: by probes of its own, or from another process that probes for several. */
export interface HealthSource {
  /** The state of an address, which is kept as long as the address is there. */
  stateOf (target: UpstreamTarget): ProbeState
  /** @param targets - the addresses that are there now; one may be listed more than once */
  start (targets: () => readonly UpstreamTarget[]): void
  /** The addresses have changed. */
  refresh (): void
  /** Nobody is told anything from now on. */
  stop (): void
}

/**
 * Makes the source of a location whose `healthCheck` is set.
 * @param tell - hears of every probe from then on
 */
export type HealthSourceFactory = (location: Location, tell: ProbeListener) => HealthSource
