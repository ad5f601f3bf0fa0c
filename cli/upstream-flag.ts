import { isIPv6 } from 'node:net'
import { normalizePrefix } from '../lib/routing/prefix.ts'
import type { GatewayOptions, UpstreamOptions } from '../lib/options/schema.ts'

/** One `--upstream`, parsed. */
export interface UpstreamFlag {
  /** `/users`; empty for all paths that no other location owns. */
  prefix: string
  upstreams: UpstreamOptions[]
}

const WEIGHT = /^\d+(\.\d+)?$/

/**
 * Parses `PREFIX=ADDR[*WEIGHT][,ADDR[*WEIGHT]...]`: `users=127.0.0.1:8001*3,127.0.0.1:8002`. Addresses are checked
 * later, together with those of the configuration file; here they are only separated from their weights.
 * @returns the flag, or a message that says what is wrong with it
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
 * Adds one more `--upstream` to those before it. Upstreams of the same prefix are joined, as if they were one flag.
 * @param known - the flags before it; not changed
 */
export function addUpstreamFlag (
  known: GatewayOptions['upstreams'],
  { prefix, upstreams }: UpstreamFlag
): Record<string, UpstreamOptions[]> {
  const lists = known as Record<string, UpstreamOptions[]> | undefined
  return { ...lists, [prefix]: [...lists?.[prefix] ?? [], ...upstreams] }
}

function parseWeighted (text: string): UpstreamOptions | string {
  const star = text.lastIndexOf('*')
  const url = (star === -1 ? text : text.slice(0, star)).trim()
  if (url === '') return 'There is no address; write PREFIX=ADDRESS, such as users=127.0.0.1:8001'
  if (url.includes('*')) return `${JSON.stringify(url)} is not an address`
  // `::1:8001` is a valid address, so which part is the port would be a guess.
  if (isIPv6(url)) return `An IPv6 address stands in brackets: [${url}]`
  if (star === -1) return { url }
  const weight = text.slice(star + 1).trim()
  if (!WEIGHT.test(weight)) return `The weight of ${url} must be a number of at least 0, not ${JSON.stringify(weight)}`
  return { url, weight: Number(weight) }
}
