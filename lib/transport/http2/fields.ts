import type { OutgoingHttpHeaders } from 'node:http2'
import type { OutgoingRequest } from '../transport.ts'

/** HTTP/2 has no connection-specific fields, and node throws at them (RFC 9113, 8.2.2). */
const CONNECTION_SPECIFIC: ReadonlySet<string> = new Set([
  'connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade', 'http2-settings',
])

/**
 * Converts a flat list of names and values to a record as node's HTTP/2 takes it: by lower-case name, repeated ones as
 * an array in their order. Of `TE` only `trailers` is kept. Without a prototype: a name may be `__proto__`.
 */
export function toFields (list: readonly string[]): OutgoingHttpHeaders {
  const fields: OutgoingHttpHeaders = Object.create(null)
  for (let i = 0; i < list.length; i += 2) {
    const name = list[i]!.toLowerCase()
    if (!CONNECTION_SPECIFIC.has(name)) addField(fields, name, list[i + 1]!)
  }
  return fields
}

function addField (fields: OutgoingHttpHeaders, name: string, value: string): void {
  const present = fields[name] as string | string[] | undefined
  if (name === 'te') {
    if (/\btrailers\b/i.test(value)) fields.te = 'trailers'
  } else if (present === undefined) fields[name] = value
  else if (typeof present === 'string') fields[name] = [present, value]
  else present.push(value)
}

/**
 * The head of a request. `Host` becomes `:authority` (RFC 9113, 8.3.1).
 * @param scheme - `http` or `https`
 */
export function toRequestFields (
  { method, path, headers }: OutgoingRequest,
  scheme: string
): OutgoingHttpHeaders {
  const fields = toFields(headers)
  const host = fields.host
  delete fields.host
  fields[':method'] = method
  fields[':scheme'] = scheme
  fields[':authority'] = Array.isArray(host) ? host[0] : host
  fields[':path'] = path
  return fields
}

/**
 * Joins repeated fields to one line each, which means the same (RFC 9110, 5.2): node refuses a second line of names
 * such as `Referer`, which HTTP/1.1 lets through. Cookies stay apart, for a comma does not separate them. Changed in
 * place.
 */
export function joinRepeated (fields: OutgoingHttpHeaders): OutgoingHttpHeaders {
  for (const [name, value] of Object.entries(fields)) {
    if (Array.isArray(value) && name !== 'cookie') fields[name] = value.join(', ')
  }
  return fields
}

/**
 * Names and values in turn, without the pseudo-header: `:status` is the only one of a response, and comes first
 * (RFC 9113, 8.3).
 * @param raw - the third argument of node's `response`, `headers` and `trailers` events
 */
export function withoutStatus (raw: readonly string[]): readonly string[] {
  return raw[0]?.startsWith(':') === true ? raw.slice(2) : raw
}
