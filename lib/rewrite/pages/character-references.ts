const REFERENCE = /&(?:#(\d{1,7})|#x([\da-f]{1,6})|(amp|apos|gt|lt|quot|sol|colon|period|equals));/gi

const NAMED: Readonly<Record<string, string>> = { amp: '&', apos: "'", gt: '>', lt: '<', quot: '"', sol: '/', colon: ':', period: '.', equals: '=' }

/** The value of an attribute as a browser reads it. Of the named references only those that template engines write into addresses. */
export function decodeReferences (source: string): string {
  return source.replace(REFERENCE, (reference: string, decimal?: string, hexadecimal?: string, name?: string) => {
    if (name !== undefined) return NAMED[name.toLowerCase()]!
    const code = decimal === undefined ? Number.parseInt(hexadecimal!, 16) : Number(decimal)
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : reference
  })
}

const ESCAPES = { '"': '&quot;', "'": '&#39;' }

/** A value that can stand in an attribute between these quotes. */
export function encodeReferences (value: string, quote: '"' | "'"): string {
  return value.replaceAll('&', '&amp;').replaceAll(quote, ESCAPES[quote]).replaceAll('<', '&lt;')
}
