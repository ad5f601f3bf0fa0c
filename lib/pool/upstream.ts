import type { Candidate } from '../balancer/candidate.ts'
import { createPeakEwma } from '../balancer/peak-ewma.ts'
import { hashText } from '../balancer/rendezvous.ts'
import { OutlierDetector } from '../health/outlier-detector.ts'
import type { ProbeState } from '../health/probe-state.ts'
import { slowStartFactor } from '../health/slow-start.ts'
import type { Location, UpstreamTarget } from '../location/types.ts'
import { openTransport } from '../transport/open-transport.ts'
import type { Transport } from '../transport/transport.ts'

/** Smallest part of its weight that an upstream has. */
const LEAST = 0.01

/** What of a location makes its upstreams what they are. */
export type UpstreamRules = Pick<Location, 'outlierDetection' | 'slowStart' | 'timeouts' | 'limits' | 'httpClient'>

/** An address that serves an app: what is configured of it, its connections, and what is known of it. */
export class Upstream implements Candidate {
  readonly transport: Transport
  readonly latency = createPeakEwma()
  readonly seed: number
  readonly outlier: OutlierDetector | null
  /** What the probes of its address say; `null` when nobody probes. */
  readonly probe: ProbeState | null
  share = 0
  score = 0
  inFlight = 0
  /** When it joined or came back; it was there from the start when this is `-Infinity`. */
  startedAt = -Infinity
  readonly #rules: UpstreamRules
  #target: UpstreamTarget

  /** @param copy - how many with the same address stand before it */
  constructor (target: UpstreamTarget, rules: UpstreamRules, probe: ProbeState | null, copy = 0) {
    this.#target = target
    this.#rules = rules
    this.transport = openTransport(target, { connectTimeout: rules.timeouts.connect, maxConnections: rules.limits.maxConnections }, rules.httpClient)
    this.seed = hashText(`${target.url} ${copy}`)
    this.outlier = rules.outlierDetection === null ? null : new OutlierDetector(rules.outlierDetection)
    this.probe = probe
  }

  get target (): UpstreamTarget {
    return this.#target
  }

  /** 0 drains it: it gets no new requests. */
  get weight (): number {
    return this.#target.weight
  }

  set weight (weight: number) {
    this.#target = { ...this.#target, weight }
  }

  get isFull (): boolean {
    return this.inFlight >= this.#rules.limits.maxConnections
  }

  /** Whether it is neither down nor ejected. */
  get isHealthy (): boolean {
    return this.probe?.isDown !== true && this.outlier?.isEjected !== true
  }

  /** Whether it is healthy, or is due for the one request that shows whether it is again. */
  takesRequests (now: number): boolean {
    return this.probe?.isDown !== true && this.outlier?.takesRequests(now) !== false
  }

  /** Its weight, or what it has of that so far when it joined or came back: never nothing, for it may be the only one left. */
  weightAt (now: number): number {
    const { slowStart } = this.#rules
    return slowStart === null ? this.weight : this.weight * Math.max(LEAST, slowStartFactor(slowStart, this.startedAt, now))
  }
}
