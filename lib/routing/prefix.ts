/** Unreserved characters and harmless delimiters; none that a router or a URL gives a meaning to. */
const SEGMENT = /^[\w.~@!$&'+,=-]+$/

/**
 * A prefix in its one form: `users`, `/users` and `/users/` are all `/users`; `''` and `/` are empty.
 * @returns `undefined` when it cannot be a prefix
 */
export function normalizePrefix (prefix: string): string | undefined {
  const segments = prefix.replace(/^\/|\/$/g, '').split('/')
  if (segments.length === 1 && segments[0] === '') return ''
  const isValid = segments.every(segment => SEGMENT.test(segment) && segment !== '.' && segment !== '..')
  return isValid ? `/${segments.join('/')}` : undefined
}

/**
 * Where the prefix ends in a target and the rest begins. Escapes are decoded as Fastify's router decodes them, so that
 * `/%75sers/x` is below `/users` for both, and `/users%2Fx` for neither.
 * @param prefix - `/users`, or empty
 * @returns -1 when the target is not below the prefix
 */
export function findPrefixEnd (prefix: string, target: string): number {
  const end = target.startsWith(prefix) ? prefix.length : matchEscaped(prefix, target)
  return prefix === '' || end === -1 || isBoundary(target, end) ? end : -1
}

function isBoundary (target: string, index: number): boolean {
  if (index === target.length) return true
  const character = target[index]
  return character === '/' || character === '?' || character === '#'
}

const PERCENT = 0x25

/** The prefix compared character by character, escapes decoded. */
function matchEscaped (prefix: string, target: string): number {
  let index = 0
  for (let i = 0; i < prefix.length; i++) {
    const isEscape = target.charCodeAt(index) === PERCENT
    const code = isEscape ? decodeEscape(target, index) : target.charCodeAt(index)
    if (code !== prefix.charCodeAt(i)) return -1
    index += isEscape ? 3 : 1
  }
  return index
}

/**
 * Characters that find-my-way leaves escaped: an escaped delimiter is not the delimiter (RFC 3986, 2.2), and `%25` does
 * not begin another escape.
 */
const RESERVED = '#$%&+,/:;=?@'

/** The character code of an escape; `NaN`, which equals nothing, for one that stays escaped and for a broken one. */
function decodeEscape (target: string, index: number): number {
  const digits = target.slice(index + 1, index + 3)
  if (!/^[\da-f]{2}$/i.test(digits)) return NaN
  const code = parseInt(digits, 16)
  return RESERVED.includes(String.fromCharCode(code)) ? NaN : code
}

const ESCAPE = /%[\da-f]{2}/gi

/** A path as `findPrefixEnd` compares it: escapes decoded, except those that the router leaves. */
export function decodePlain (path: string): string {
  if (!path.includes('%')) return path
  return path.replace(ESCAPE, escape => {
    const code = decodeEscape(escape, 0)
    return Number.isNaN(code) ? escape : String.fromCharCode(code)
  })
}
