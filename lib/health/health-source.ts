import type { Location, UpstreamTarget } from '../location.ts'
import type { ProbeState, ProbeStatus } from './probe-state.ts'

/** Result of one probe. */
export interface ProbeReport {
  target: UpstreamTarget
  /** That of the address; all upstreams with this address share it. */
  state: ProbeState
  hasPassed: boolean
  /** The new status, when this probe has changed it; `unknown` counts as `up`. */
  change: Exclude<ProbeStatus, 'unknown'> | undefined
}

export type ProbeListener = (report: ProbeReport) => void

/** Health of the upstreams of one location: from its own probes, or from another process that probes for several. */
export interface HealthSource {
  /** The state of an address; the same object as long as the address is configured. */
  stateOf (target: UpstreamTarget): ProbeState
  /** @param targets - the addresses that are configured now; one may be listed more than once */
  start (targets: () => readonly UpstreamTarget[]): void
  /** To be called when the addresses have changed. */
  refresh (): void
  /** No probes and no reports from now on. */
  stop (): void
}

/**
 * Makes the source of a location whose `healthCheck` is set.
 * @param onProbe - called with the result of every probe
 */
export type HealthSourceFactory = (location: Location, onProbe: ProbeListener) => HealthSource

/**
 * Identity of an upstream across changes of its options: its address and how it is connected to, but not its weight.
 * Upstreams with the same identity share their health check.
 * @returns a key for maps
 */
export function identityOf ({ url, isHttp2, insecure, ca }: UpstreamTarget): string {
  // The URL of a Unix socket includes its path.
  return `${url} ${isHttp2} ${insecure} ${ca}`
}
