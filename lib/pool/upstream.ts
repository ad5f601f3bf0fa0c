import type { Candidate } from '../balancer/candidate.ts'
import { createLatency } from '../balancer/ewma.ts'
import { hashText } from '../balancer/rendezvous.ts'
import { OutlierDetector } from '../health/outlier-detector.ts'
import type { ProbeState } from '../health/probe-state.ts'
import { slowStartFactor } from '../health/slow-start.ts'
import type { Location, UpstreamTarget } from '../location.ts'
import { openTransport } from '../transport/open-transport.ts'
import type { Transport } from '../transport/transport.ts'

/** Smallest part of its weight that an upstream has during its slow start. */
const MIN_WEIGHT_FACTOR = 0.01

/** The settings of a location that its upstreams need. */
export type UpstreamRules = Pick<Location, 'outlierDetection' | 'slowStart' | 'timeouts' | 'limits' | 'httpClient'>

/** An address of an app: its configuration, its connections, its health and its load. */
export class Upstream implements Candidate {
  /** Replaced with its weight. */
  target: UpstreamTarget
  readonly transport: Transport
  readonly latency = createLatency()
  readonly seed: number
  readonly outlier: OutlierDetector | null
  /** State of the health checks of its address; `null` without health checks. */
  readonly probe: ProbeState | null
  share = 0
  score = 0
  inFlight = 0
  /** When it was added or came back: the begin of its slow start. `-Infinity` for those that were there at first. */
  joinedAt = -Infinity
  readonly #rules: UpstreamRules

  /** @param copy - number of upstreams with the same address before it */
  constructor (target: UpstreamTarget, rules: UpstreamRules, probe: ProbeState | null, copy = 0) {
    const { timeouts, limits, outlierDetection, httpClient } = rules
    this.target = target
    this.#rules = rules
    const settings = { connectTimeout: timeouts.connect, maxConnections: limits.maxConnections }
    this.transport = openTransport(target, settings, httpClient)
    this.seed = hashText(`${target.url} ${copy}`)
    this.outlier = outlierDetection === null ? null : new OutlierDetector(outlierDetection)
    this.probe = probe
  }

  /** With 0 it is drained: it gets no new requests. */
  get weight (): number {
    return this.target.weight
  }

  set weight (weight: number) {
    this.target = { ...this.target, weight }
  }

  get isAtCapacity (): boolean {
    return this.inFlight >= this.#rules.limits.maxConnections
  }

  /** Whether it is neither down nor ejected. */
  get isHealthy (): boolean {
    return this.probe?.isDown !== true && this.outlier?.isEjected !== true
  }

  /** Whether it is healthy, or ejected and due for the one request that decides whether it returns. */
  takesRequests (now: number): boolean {
    return this.probe?.isDown !== true && this.outlier?.takesRequests(now) !== false
  }

  /** Its weight, reduced during its slow start; never 0, for it may be the only upstream left. */
  weightAt (now: number): number {
    const { slowStart } = this.#rules
    if (slowStart === null) return this.weight
    return this.weight * Math.max(MIN_WEIGHT_FACTOR, slowStartFactor(slowStart, this.joinedAt, now))
  }
}
