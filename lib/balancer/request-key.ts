import type { BalancerRule } from '../configuration/types.ts'

/** What is read of a request for its key. */
export interface KeySource {
  /** Names and values in turn, as they came (`IncomingMessage.rawHeaders`). */
  readonly rawHeaders: readonly string[]
  /** Of the client; asked only where it decides. */
  readonly address: () => string | undefined
}

/** @returns `undefined` when the request has no key: what it would come from is missing or empty */
export type KeyReader = (request: KeySource) => string | undefined

/**
 * Makes the function that finds what the `hash` balancer decides by.
 * @returns `null` when the rule is no `hash`
 */
export function createKeyReader (rule: BalancerRule): KeyReader | null {
  if (typeof rule === 'string') return null
  const { hash } = rule
  const name = hash.slice(hash.indexOf(':') + 1)
  if (hash.startsWith('cookie:')) return ({ rawHeaders }) => present(findCookie(rawHeaders, name))
  if (hash.startsWith('header:')) return ({ rawHeaders }) => present(findHeader(rawHeaders, name.toLowerCase()))
  return ({ address }) => address()
}

/** The first of a name, which is given in lower case. */
function findHeader (rawHeaders: readonly string[], name: string): string | undefined {
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (isNamed(rawHeaders[i]!, name)) return rawHeaders[i + 1]!
  }
  return undefined
}

/** HTTP/2 clients send several lines of `Cookie`, and so may proxies of theirs. */
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

/** An empty value tells nobody from anybody: all of them would go to one upstream. */
function present (value: string | undefined): string | undefined {
  return value === '' ? undefined : value
}
