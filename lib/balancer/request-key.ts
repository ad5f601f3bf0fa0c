import type { BalancerRule } from '../location.ts'

/** The parts of a request that its key is read from. */
export interface KeySource {
  /** Names and values in turn, as they came (`IncomingMessage.rawHeaders`). */
  readonly rawHeaders: readonly string[]
  /** Address of the client; called only when the key is the address. */
  readonly address: () => string | undefined
}

/** @returns `undefined` when the request has no key: its header or cookie is missing or empty */
export type KeyReader = (request: KeySource) => string | undefined

/**
 * Makes the function that reads a request's key for the `hash` balancer.
 * @returns `null` when the balancer is another one
 */
export function createKeyReader (rule: BalancerRule): KeyReader | null {
  if (typeof rule === 'string') return null
  const { hash } = rule
  const name = hash.slice(hash.indexOf(':') + 1)
  if (hash.startsWith('cookie:')) return ({ rawHeaders }) => omitEmpty(findCookie(rawHeaders, name))
  if (hash.startsWith('header:')) return ({ rawHeaders }) => omitEmpty(findHeader(rawHeaders, name.toLowerCase()))
  return ({ address }) => address()
}

/** @param name - in lower case */
function findHeader (rawHeaders: readonly string[], name: string): string | undefined {
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (isNamed(rawHeaders[i]!, name)) return rawHeaders[i + 1]!
  }
  return undefined
}

/** HTTP/2 clients, and proxies in front of the gateway, may send several `Cookie` fields (RFC 9113, 8.2.3). */
function findCookie (rawHeaders: readonly string[], name: string): string | undefined {
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const value = isNamed(rawHeaders[i]!, 'cookie') ? readCookie(rawHeaders[i + 1]!, name) : undefined
    if (value !== undefined) return value
  }
  return undefined
}

function isNamed (name: string, lowerCase: string): boolean {
  return name.length === lowerCase.length && name.toLowerCase() === lowerCase
}

/**
 * The first cookie of a name in a cookie-string. Takes linear time, whatever the client sends.
 * @see RFC 6265, 4.2.1 and 5.4; names are case-sensitive
 */
function readCookie (cookies: string, name: string): string | undefined {
  for (const pair of cookies.split(';')) {
    const equals = pair.indexOf('=')
    if (equals !== -1 && pair.slice(0, equals).trim() === name) return pair.slice(equals + 1).trim()
  }
  return undefined
}

/** An empty value distinguishes no clients: all requests with it would go to one upstream. */
function omitEmpty (value: string | undefined): string | undefined {
  return value === '' ? undefined : value
}
