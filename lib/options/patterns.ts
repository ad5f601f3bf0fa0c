import { DURATION_PATTERN, SIZE_PATTERN } from './units.ts'

/** What the path of a resource looks like, for the schema. */
export const PATH_PATTERN = '^/'
/** A method (RFC 9110, 9.1), which is case-sensitive; none that is known has a small letter. */
export const METHOD_PATTERN = '^[A-Z][A-Z-]*$'
/** What of a request a hash is taken of. A name is a token (RFC 9110, 5.6.2). */
export const HASH_PATTERN = '^(?:ip|(?:header|cookie):[\\w!#$%&\'*+.^`|~-]+)$'

const WORDS: Readonly<Record<string, string>> = {
  [DURATION_PATTERN]: 'a time such as "250ms", "10s" or "5m"',
  [SIZE_PATTERN]: 'a size such as "64KB" or "10MB"',
  [PATH_PATTERN]: 'a path, which begins with "/"',
  [METHOD_PATTERN]: 'a method such as "GET"',
  [HASH_PATTERN]: '"ip", "header:NAME" or "cookie:NAME"',
}

/** What a pattern of the schema asks for, in words. */
export function describePattern (pattern: string): string {
  return WORDS[pattern] ?? `a string that matches ${pattern}`
}
