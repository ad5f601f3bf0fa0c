import { TOKEN_CHARACTERS } from '../../headers/token.ts'

/** A class of bytes: for each byte, 1 when it is in the class. */
export type ByteClass = Readonly<Uint8Array>

/** Bytes of a token: field names and methods (RFC 9110, 5.6.2). */
export const TOKEN: ByteClass = classOf(new RegExp(`[${TOKEN_CHARACTERS}]`))
/**
 * Bytes of a field value, a reason phrase and a chunk extension: no control characters but the tab (RFC 9110, 5.5).
 */
export const TEXT: ByteClass = classOf(/[\t\x20-\x7e\x80-\xff]/)
/** Optional whitespace around a value (RFC 9110, 5.6.3). */
export const BLANK: ByteClass = classOf(/[\t ]/)

export const TAB = 9
export const LF = 10
export const CR = 13
export const SPACE = 32
export const COLON = 58
export const SEMICOLON = 59

function classOf (pattern: RegExp): ByteClass {
  return Uint8Array.from({ length: 256 }, (_, byte) => Number(pattern.test(String.fromCharCode(byte))))
}

/** The index of the first character from `at` on that is not in the class; the text's length when there is none. */
export function skip (text: string, at: number, wanted: ByteClass): number {
  while (at < text.length && wanted[text.charCodeAt(at)] === 1) at++
  return at
}
