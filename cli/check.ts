import { describeProblem, type GatewayConfigError } from '../lib/errors.ts'
import { loadConfiguration } from '../lib/configuration/load.ts'
import { describeExpiry, readValidity } from '../lib/tls/certificate.ts'
import { readPem } from '../lib/tls/pem.ts'
import type { ConfigurationSource } from './flags.ts'
import type { Terminal } from './terminal.ts'

/** `fastify-gateway check`: validates the configuration, and prints every problem on a line. Returns the exit code. */
export async function check (source: ConfigurationSource, terminal: Terminal): Promise<number> {
  try {
    const { locations, options: { tls } } = await loadConfiguration(source.config, source.overrides)
    const expiry = tls === null ? undefined : describeExpiry(readValidity(readPem(tls.cert)), Date.now())
    if (expiry !== undefined) terminal.printError(`warning: tls.cert: ${expiry}`)
    terminal.print(`OK: ${locations.length} location${locations.length === 1 ? '' : 's'}`)
    return 0
  } catch (error) {
    const { problems } = error as Partial<GatewayConfigError>
    if (problems === undefined) throw error
    for (const problem of problems) terminal.printError(describeProblem(problem))
    return 1
  }
}
