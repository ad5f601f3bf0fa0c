import { TOKEN_CHARACTERS } from './token.ts'

const TOKEN = `[${TOKEN_CHARACTERS}]+`
const MEDIA_TYPE = new RegExp(`^\\s*${TOKEN}/${TOKEN}\\s*(?:;|$)`)

/** The type and subtype of a `Content-Type`, in lower case, without parameters; empty when there is none. */
export function mediaTypeOf (value: string | undefined): string {
  if (value === undefined) return ''
  const end = value.indexOf(';')
  return (end === -1 ? value : value.slice(0, end)).trim().toLowerCase()
}

/** Whether a `Content-Type` begins with a type and a subtype (RFC 9110, 8.3.1). */
export function isMediaType (value: string | undefined): boolean {
  return value !== undefined && MEDIA_TYPE.test(value)
}
