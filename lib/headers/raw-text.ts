/** A name or a value of a header field: bytes, or latin1 characters, one a byte. */
export type RawText = Buffer | string

/** As latin1 characters, the way node writes them. */
export function decode (text: RawText): string {
  return typeof text === 'string' ? text : text.toString('latin1')
}
