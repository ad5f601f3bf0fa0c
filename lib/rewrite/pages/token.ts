import type { Span } from '../openapi/node.ts'

export type Quote = '"' | "'" | '`'

/** A word, which a number is too, a punctuator, or a regular expression, whose text nobody asks for. */
export interface PlainToken extends Span {
  kind: 'word' | 'punctuator' | 'regex'
  text: string
}

/** A string, or a chunk of a template: `` `${origin}/docs` `` is read as `'' + origin + '/docs'`. */
export interface StringToken extends Span {
  kind: 'string'
  quote: Quote
  /** As written, without quotes, which `start` and `end` leave out. */
  text: string
}

export type Token = PlainToken | StringToken

/** Text that cannot be read as JavaScript. */
export class SyntaxFault extends Error {}

/** The result of reading a script, or what is to be had of one that cannot be read. */
export function readOr<T> (fallback: T, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof SyntaxFault) return fallback
    throw error
  }
}

export function isPunctuator (token: Token | undefined, text: string): boolean {
  return token?.kind === 'punctuator' && token.text === text
}
