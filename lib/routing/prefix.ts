/** What may stand in a prefix: unreserved characters and harmless delimiters; nothing that a router or a URL gives a meaning to. */
const SEGMENT = /^[\w.~@!$&'+,=-]+$/

/**
 * A prefix in its one form: `users`, `/users` and `/users/` are all `/users`; `''` and `/` are empty.
 * @returns `undefined` when it cannot be a prefix
 */
export function normalizePrefix (prefix: string): string | undefined {
  const segments = prefix.replace(/^\/|\/$/g, '').split('/')
  if (segments.length === 1 && segments[0] === '') return ''
  const isFine = segments.every(segment => SEGMENT.test(segment) && segment !== '.' && segment !== '..')
  return isFine ? `/${segments.join('/')}` : undefined
}
