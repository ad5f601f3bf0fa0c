const MEDIA_TYPE = /^\s*[\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+\s*(?:;|$)/

/** Whether a `Content-Type` begins with a type and a subtype (RFC 9110, 8.3.1). */
export function isMediaType (value: string | undefined): boolean {
  return value !== undefined && MEDIA_TYPE.test(value)
}
