import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type { Dispatcher } from '../lib/dispatch/dispatcher.ts'
import type { HealthChange } from '../lib/pool/pool-health.ts'
import type { Upstream } from '../lib/pool/upstream.ts'

export interface HealthCheckOptions {
  dispatchers: readonly Dispatcher[]
}

const MESSAGES: Record<HealthChange, string> = {
  down: 'upstream is down: its health check fails',
  up: 'upstream is up again',
  ejected: 'upstream is ejected: its requests fail',
  returned: 'upstream takes requests again',
}

/**
 * Writes into the log what becomes of an app's upstreams.
 * @param app - the location's name
 * @param isProbing - whether its probes are made here; else whoever makes them has written already what they find
 */
export function createHealthLog (
  log: FastifyBaseLogger,
  app: string,
  isProbing = true
): (upstream: Pick<Upstream, 'target'>, change: HealthChange) => void {
  return function logHealthChange ({ target }, change) {
    if (!isProbing && (change === 'down' || change === 'up')) return
    const isBad = change === 'down' || change === 'ejected'
    log[isBad ? 'warn' : 'info']({ app, upstream: target.url }, MESSAGES[change])
  }
}

/** Probes the upstreams while the server runs. They are stopped with what else is of a dispatcher. */
async function healthCheckPlugin (fastify: FastifyInstance, { dispatchers }: HealthCheckOptions): Promise<void> {
  fastify.addHook('onReady', function startProbes (done) {
    for (const dispatcher of dispatchers) dispatcher.startProbes()
    done()
  })
}

export default fp(healthCheckPlugin, { name: 'gateway-health-check', fastify: '5.x' })
