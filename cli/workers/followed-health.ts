import type { HealthSource, HealthSourceFactory } from '../../lib/health/health-source.ts'
import { HealthFollower } from '../../lib/health/health-follower.ts'
import type { AddressFinding } from './messages.ts'

/** What a worker knows of the health of its upstreams, which the primary probes. */
export class FollowedHealth {
  readonly #findings = new Map<string, AddressFinding>()
  readonly #followers = new Map<string, HealthFollower>()

  hear (finding: AddressFinding): void {
    this.#findings.set(`${finding.prefix} ${finding.address}`, finding)
    this.#followers.get(finding.prefix)?.update(finding.address, finding)
  }

  /** For `ownServer`. */
  readonly createSource: HealthSourceFactory = ({ prefix, healthCheck }, tell): HealthSource => {
    const follower = new HealthFollower(healthCheck!, address => this.#findings.get(`${prefix} ${address}`)?.status ?? 'unknown', tell)
    this.#followers.set(prefix, follower)
    return follower
  }
}
