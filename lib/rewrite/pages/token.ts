import type { Span } from '../text-edits.ts'

export type Quote = '"' | "'" | '`'

/** A word (numbers included), a punctuator, or a regular expression, which has no text. */
export interface PlainToken extends Span {
  kind: 'word' | 'punctuator' | 'regex'
  text: string
}

/** A string, or a chunk of a template: `` `${origin}/docs` `` is read as `'' + origin + '/docs'`. */
export interface StringToken extends Span {
  kind: 'string'
  quote: Quote
  /** As written, without quotes, which `start` and `end` exclude, too. */
  text: string
}

export type Token = PlainToken | StringToken

/** Text that cannot be read as JavaScript. */
export class ScriptSyntaxError extends Error {}

/** The result of reading a script, or the fallback for one that cannot be read. */
export function parseOrDefault<T> (fallback: T, parse: () => T): T {
  try {
    return parse()
  } catch (error) {
    if (error instanceof ScriptSyntaxError) return fallback
    throw error
  }
}

export function isPunctuator (token: Token | undefined, text: string): boolean {
  return token?.kind === 'punctuator' && token.text === text
}
