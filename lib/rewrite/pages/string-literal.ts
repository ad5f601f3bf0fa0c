import type { Quote } from './token.ts'

const ESCAPE = /\\(?:u\{([\da-f]{1,6})\}|u([\da-f]{4})|x([\da-f]{2})|(\r\n|[^]))/gi

/** Escapes with a meaning; a line end behind a backslash continues the string. */
const CONTROLS: Readonly<Record<string, string>> = {
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  0: '\0',
  '\n': '',
  '\r': '',
  '\r\n': '',
  '\u2028': '',
  '\u2029': '',
}

/**
 * The value of a string of JavaScript or JSON.
 * @param source - without quotes
 */
export function readLiteral (source: string): string {
  if (!source.includes('\\')) return source
  return source.replace(ESCAPE, (escape: string, ...[point, unit, byte, character]: (string | undefined)[]) => {
    if (character !== undefined) return CONTROLS[character] ?? character
    const code = Number.parseInt((point ?? unit ?? byte)!, 16)
    return code > 0x10ffff ? escape : String.fromCodePoint(code)
  })
}

/** Line separators end lines in old JavaScript. */
const SPECIAL = /[\u0000-\u001f\u2028\u2029]/g // eslint-disable-line no-control-regex

/**
 * A string as a script can hold it; between double quotes it is JSON, too.
 * @returns without quotes
 */
export function writeLiteral (value: string, quote: Quote): string {
  const escaped = value.replaceAll('\\', '\\\\').replaceAll(quote, `\\${quote}`).replace(SPECIAL, escapeUnit)
  return quote === '`' ? escaped.replaceAll('${', '\\${') : escaped
}

/**
 * Escapes JSON, or the content of a string, for a script element of an HTML page, so that it cannot end the element. In
 * JSON a `<` is always in a string.
 */
export function escapeForHtml (json: string): string {
  return json.replace(/<(?=[/!]|script)/gi, escapeUnit)
}

function escapeUnit (character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
