import type { Problem } from '../errors.ts'
import { type AllowedHost, parseAllowedHost } from './allowed-host.ts'

/** Both options, with their defaults. */
interface CorsInput {
  addCorsHeaders: boolean
  allowedHosts: readonly string[]
}

/** The options `addCorsHeaders` and `allowedHosts`, resolved. */
export interface CorsPolicy {
  /** `*`: scripts of every origin may read responses, but never with credentials. */
  allowsAny: boolean
  hosts: readonly AllowedHost[]
}

/**
 * @param problems - gets the invalid entries of `allowedHosts`, also when they have no effect
 * @returns `null` when the gateway leaves CORS to the apps
 */
export function resolveCorsPolicy (input: CorsInput, problems: Problem[]): CorsPolicy | null {
  const { addCorsHeaders, allowedHosts } = input
  const hosts: AllowedHost[] = []
  allowedHosts.forEach((entry, index) => {
    if (entry === '*') return
    const host = parseAllowedHost(entry)
    if (host === undefined) problems.push({ path: `allowedHosts[${index}]`, message: describeFault(entry) })
    else hosts.push(host)
  })
  return addCorsHeaders ? { allowsAny: allowedHosts.includes('*'), hosts } : null
}

function describeFault (entry: string): string {
  const [, scheme = '', rest = ''] = /^(\w+:\/\/)?\*(\..+)$/.exec(entry) ?? []
  if (rest !== '') return `${JSON.stringify(entry)} is no host; for it and its subdomains, write "${scheme}${rest}"`
  return 'must be a host such as "example.com", ".example.com" (its subdomains too), "example.com:8443" or ' +
    `"https://example.com", or "*", not ${JSON.stringify(entry)}`
}
