import { isIPv6 } from 'node:net'
import { normalizePrefix } from '../lib/routing/prefix.ts'
import type { GatewayOptions, UpstreamOptions } from '../lib/options/schema.ts'

/** What one `--upstream` says. */
export interface UpstreamFlag {
  /** `/users`; empty for what nothing else owns. */
  prefix: string
  upstreams: UpstreamOptions[]
}

const WEIGHT = /^\d+(\.\d+)?$/

/**
 * Reads `PREFIX=ADDR[*WEIGHT][,ADDR[*WEIGHT]...]`: `users=127.0.0.1:8001*3,127.0.0.1:8002`. What an address may be
 * is checked later, with the addresses of the configuration file; here it only has to be told from its weight.
 * @returns what it says, or what is wrong with it
 */
export function parseUpstreamFlag (text: string): UpstreamFlag | string {
  const equals = text.indexOf('=')
  if (equals === -1) return 'Write PREFIX=ADDRESS, such as users=127.0.0.1:8001'
  const prefix = normalizePrefix(text.slice(0, equals))
  if (prefix === undefined) return `${JSON.stringify(text.slice(0, equals))} cannot be a prefix`
  const upstreams = text.slice(equals + 1).split(',').map(parseWeighted)
  const fault = upstreams.find(upstream => typeof upstream === 'string')
  return fault ?? { prefix, upstreams: upstreams as UpstreamOptions[] }
}

/**
 * Puts one more `--upstream` to those before it. The same prefix twice adds up, as if it had been one flag.
 * @param known - those before it; stays as it is
 */
export function addUpstreamFlag (known: GatewayOptions['upstreams'], { prefix, upstreams }: UpstreamFlag): Record<string, UpstreamOptions[]> {
  const lists = known as Record<string, UpstreamOptions[]> | undefined
  return { ...lists, [prefix]: [...lists?.[prefix] ?? [], ...upstreams] }
}

function parseWeighted (text: string): UpstreamOptions | string {
  const star = text.lastIndexOf('*')
  const url = (star === -1 ? text : text.slice(0, star)).trim()
  if (url === '') return 'There is no address; write PREFIX=ADDRESS, such as users=127.0.0.1:8001'
  if (url.includes('*')) return `${JSON.stringify(url)} is not an address`
  // `::1:8001` is an address of its own, so which part is the port would be a guess.
  if (isIPv6(url)) return `An IPv6 address stands in brackets: [${url}]`
  if (star === -1) return { url }
  const weight = text.slice(star + 1).trim()
  if (!WEIGHT.test(weight)) return `The weight of ${url} must be a number of at least 0, not ${JSON.stringify(weight)}`
  return { url, weight: Number(weight) }
}
