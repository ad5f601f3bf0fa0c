import type { FastifyBaseLogger } from 'fastify'
import type { Location } from '../../lib/configuration/types.ts'
import { HealthChecker } from '../../lib/health/health-checker.ts'
import type { ProbeReport } from '../../lib/health/health-source.ts'
import { identityOf } from '../../lib/health/upstream-identity.ts'
import { sendProbe } from '../../lib/transport/probe.ts'
import { createHealthLog } from '../../plugins/health-check.ts'
import type { AddressFinding } from './messages.ts'

/** A location that is probed; another one takes its place when the configuration is read anew. */
interface Probed {
  location: Location
  checker: HealthChecker
}

/**
 * The health checks of a gateway with several workers: an upstream is probed once, not once a worker. The primary does it,
 * which is there before the first worker and after the last one: nobody has to be elected, and nothing is lost when a worker
 * dies.
 */
export class SharedProbes {
  readonly #log: FastifyBaseLogger
  readonly #tell: (finding: AddressFinding) => void
  readonly #findings = new Map<string, AddressFinding>()
  #probed = new Map<string, Probed>()

  /** @param tell - hears of every probe, because a pass also ends an ejection */
  constructor (log: FastifyBaseLogger, tell: (finding: AddressFinding) => void) {
    this.#log = log
    this.#tell = tell
  }

  /** The last finding about each address, for a worker that joins. */
  get findings (): AddressFinding[] {
    return [...this.#findings.values()]
  }

  /** Probes the upstreams of these locations, from now on. What stays keeps its state and its turn. */
  use (locations: readonly Location[]): void {
    const before = this.#probed
    const checked = locations.filter(({ healthCheck }) => healthCheck !== null)
    this.#probed = new Map(checked.map(location => [keyOf(location), this.#keep(before, location)]))
    for (const { checker } of before.values()) checker.stop()
    this.#forgetAllBut(checked)
  }

  stop (): void {
    for (const { checker } of this.#probed.values()) checker.stop()
  }

  /** Takes the location out of those that there were before, or begins anew. */
  #keep (before: Map<string, Probed>, location: Location): Probed {
    const key = keyOf(location)
    const known = before.get(key)
    if (known === undefined) return this.#begin(location)
    before.delete(key)
    known.location = location
    known.checker.refresh()
    return known
  }

  #begin (location: Location): Probed {
    const checker = new HealthChecker(location.healthCheck!, {
      random: Math.random,
      sendProbe,
      onProbe: report => this.#note(location, report),
    })
    const probed = { location, checker }
    checker.start(() => probed.location.upstreams)
    return probed
  }

  #note ({ prefix, name }: Location, { target, state, hasPassed, change }: ProbeReport): void {
    if (change !== undefined) createHealthLog(this.#log, name)({ target }, change)
    const finding: AddressFinding = { prefix, address: identityOf(target), hasPassed, status: state.isDown ? 'down' : 'up' }
    this.#findings.set(`${prefix} ${finding.address}`, finding)
    this.#tell(finding)
  }

  #forgetAllBut (locations: readonly Location[]): void {
    const present = new Set(locations.flatMap(({ prefix, upstreams }) => upstreams.map(target => `${prefix} ${identityOf(target)}`)))
    for (const key of this.#findings.keys()) if (!present.has(key)) this.#findings.delete(key)
  }
}

/** With other rules, it is another health check. */
function keyOf ({ prefix, healthCheck }: Location): string {
  return `${prefix} ${JSON.stringify(healthCheck)}`
}
