/**
 * Headers that end at each connection (RFC 9110, 7.6.1, with those of RFC 2616, 13.5.1, that are still seen), and
 * `Expect`, which the gateway handles itself.
 */
export const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection', 'keep-alive', 'proxy-connection', 'proxy-authenticate', 'proxy-authorization',
  'te', 'trailer', 'transfer-encoding', 'upgrade', 'http2-settings', 'expect',
])

// Meant for all recipients, so no option of a connection (RFC 9110, 7.6.1): naming one in `Connection` would let a
// client take away what the gateway or the app relies on, such as its credentials or the address it came from.
const END_TO_END = new Set([
  'authorization', 'cookie', 'set-cookie', 'host', 'origin', 'forwarded', 'x-request-id', 'x-real-ip',
  'cache-control', 'range', 'accept-ranges', 'location', 'etag', 'vary', 'date',
])
const END_TO_END_FAMILY = /^(?:x-forwarded-|content-|if-|access-control-|sec-|strict-transport-)/

/**
 * The header names that a `Connection` header makes hop-by-hop.
 * @param value - its value, all of its lines joined by commas; `undefined` when there is none
 * @returns lower-case names, without those that are end-to-end whatever a sender says; `null` when there is none, the
 *   usual case
 */
export function connectionOptions (value: string | undefined): Set<string> | null {
  if (value === undefined) return null
  const usual = value.toLowerCase()
  if (usual === 'keep-alive' || usual === 'close') return null
  const names = usual.split(',').map(name => name.trim())
  return new Set(names.filter(name => name !== '' && !END_TO_END.has(name) && !END_TO_END_FAMILY.test(name)))
}
