import type { FastifyBaseLogger } from 'fastify'
import { HealthChecker } from '../../lib/health/health-checker.ts'
import { HealthFollower } from '../../lib/health/health-follower.ts'
import {
  type HealthSource, type HealthSourceFactory, identityOf, type ProbeReport
} from '../../lib/health/health-source.ts'
import type { Location } from '../../lib/location.ts'
import { sendProbe } from '../../lib/transport/probe.ts'
import { createHealthLog } from '../../plugins/health-check.ts'
import type { AddressHealth } from './messages.ts'

/** A location with health checks; replaced by its successor when the configuration is reloaded. */
interface CheckedLocation {
  location: Location
  checker: HealthChecker
}

/**
 * Health checks of a gateway with several workers, in the primary: an upstream is probed once, not once a worker. The
 * primary runs before the first worker and until after the last one, so no leader has to be elected, and no state is
 * lost when a worker dies.
 */
export class SharedHealthChecks {
  readonly #log: FastifyBaseLogger
  readonly #publish: (health: AddressHealth) => void
  readonly #results = new Map<string, AddressHealth>()
  #checked = new Map<string, CheckedLocation>()

  /** @param publish - called with every probe, because a pass also ends an ejection */
  constructor (log: FastifyBaseLogger, publish: (health: AddressHealth) => void) {
    this.#log = log
    this.#publish = publish
  }

  /** The last result of each address, for a worker that starts. */
  get results (): AddressHealth[] {
    return [...this.#results.values()]
  }

  /** Probes the upstreams of these locations from now on. Addresses that stay keep their state and their interval. */
  use (locations: readonly Location[]): void {
    const previous = this.#checked
    const withChecks = locations.filter(({ healthCheck }) => healthCheck !== null)
    this.#checked = new Map(withChecks.map(location => [checkKey(location), this.#takeOver(previous, location)]))
    for (const { checker } of previous.values()) checker.stop()
    this.#removeResultsExceptOf(withChecks)
  }

  stop (): void {
    for (const { checker } of this.#checked.values()) checker.stop()
  }

  /** Moves the running check of a location out of `previous`, or starts one. */
  #takeOver (previous: Map<string, CheckedLocation>, location: Location): CheckedLocation {
    const key = checkKey(location)
    const known = previous.get(key)
    if (known === undefined) return this.#start(location)
    previous.delete(key)
    known.location = location
    known.checker.refresh()
    return known
  }

  #start (location: Location): CheckedLocation {
    const checker = new HealthChecker(location.healthCheck!, {
      random: Math.random,
      sendProbe,
      onProbe: report => this.#onProbe(location, report),
    })
    const checked = { location, checker }
    checker.start(() => checked.location.upstreams)
    return checked
  }

  #onProbe ({ prefix, name }: Location, { target, state, hasPassed, change }: ProbeReport): void {
    if (change !== undefined) createHealthLog(this.#log, name)({ target }, change)
    const address = identityOf(target)
    const health: AddressHealth = { prefix, address, hasPassed, status: state.isDown ? 'down' : 'up' }
    this.#results.set(addressKey(prefix, address), health)
    this.#publish(health)
  }

  #removeResultsExceptOf (locations: readonly Location[]): void {
    const present = new Set(locations.flatMap(({ prefix, upstreams }) =>
      upstreams.map(target => addressKey(prefix, identityOf(target)))))
    for (const key of this.#results.keys()) if (!present.has(key)) this.#results.delete(key)
  }
}

/** The health of the upstreams in a worker, as the primary publishes it. */
export class FollowedHealth {
  readonly #results = new Map<string, AddressHealth>()
  readonly #followers = new Map<string, HealthFollower>()

  update (health: AddressHealth): void {
    const { prefix, address } = health
    this.#results.set(addressKey(prefix, address), health)
    this.#followers.get(prefix)?.update(address, health)
  }

  /** For the gateway of this worker. */
  readonly createSource: HealthSourceFactory = ({ prefix, healthCheck }, onProbe): HealthSource => {
    const lastStatusOf = (address: string) => this.#results.get(addressKey(prefix, address))?.status ?? 'unknown'
    const follower = new HealthFollower(healthCheck!, lastStatusOf, onProbe)
    this.#followers.set(prefix, follower)
    return follower
  }
}

function addressKey (prefix: string, address: string): string {
  return `${prefix} ${address}`
}

/** Changed rules make another health check. */
function checkKey ({ prefix, healthCheck }: Location): string {
  return `${prefix} ${JSON.stringify(healthCheck)}`
}
