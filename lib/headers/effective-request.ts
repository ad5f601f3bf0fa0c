import type { IncomingHttpHeaders } from 'node:http'

/**
 * The header fields of a request as they are to be forwarded, before the gateway takes its own off and puts its own in.
 */
export interface EffectiveHeaders {
  /** Names and values in turn: as the client wrote them, but for what hooks have changed. */
  fields: readonly string[]
  /** The lower-case names of `fields`, one for each. */
  keys: readonly string[]
  /** Lower-case names of the fields whose value is a hook's; `null` when there are none. */
  set: ReadonlySet<string> | null
  /** The client's `Connection`, all of its lines joined; `undefined` when there is none. No hook takes it back. */
  connection: string | undefined
}

/**
 * Always the client's: what frames a body is told by the connection, so that a hook that changes it has changed only
 * its own copy; and node cannot keep the last of them in its record.
 */
const CLIENTS_OWN = new Set(['content-length', 'transfer-encoding', '__proto__'])

/**
 * Finds what hooks of the server have done to `request.headers`: set, replaced or deleted a field. Fields that no hook
 * has touched stay as the client wrote them, in its order and case, repeated ones too. Costs one list of names when
 * nothing is changed, which is the usual case.
 * @param raw - names and values in turn, as they came
 * @param headers - the same as node read them, by lower-case name, and hooks left them
 */
export function readEffectiveHeaders (raw: readonly string[], headers: IncomingHttpHeaders): EffectiveHeaders {
  const names = Object.keys(headers)
  // HTTP/2's pseudo-header fields come first.
  const keys = names[0]?.charCodeAt(0) === COLON ? names.filter(name => name.charCodeAt(0) !== COLON) : names
  if (!isUnchanged(raw, headers, keys)) return merge(raw, headers)
  return { fields: raw, keys, set: null, connection: headers.connection }
}

const COLON = 0x3a

/**
 * node keeps names in the order in which they first came, so an unchanged head without repeated names is seen in one
 * walk.
 */
function isUnchanged (raw: readonly string[], headers: IncomingHttpHeaders, keys: readonly string[]): boolean {
  if (keys.length * 2 !== raw.length) return false
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i]!
    if (raw[i * 2]!.toLowerCase() !== key || headers[key] !== raw[i * 2 + 1]) return false
  }
  return true
}

function merge (raw: readonly string[], headers: IncomingHttpHeaders): EffectiveHeaders {
  const came = groupByName(raw)
  const isKept = (key: string): boolean => CLIENTS_OWN.has(key) || isSame(key, headers[key], came.get(key)!)
  const fields = raw.filter((_, index) => isKept(raw[index - index % 2]!.toLowerCase()))
  const set = new Set<string>()
  for (const [key, value] of Object.entries(headers)) {
    // HTTP/2's pseudo-header fields are no headers, and `Host` stands for one of them.
    if (key.startsWith(':') || (came.has(key) ? isKept(key) : CLIENTS_OWN.has(key))) continue
    const lines = listOf(value)
    if (lines.length > 0) set.add(key)
    for (const line of lines) fields.push(key, line)
  }
  const keys = fields.flatMap((name, index) => index % 2 === 0 ? name.toLowerCase() : [])
  return { fields, keys, set: set.size === 0 ? null : set, connection: came.get('connection')?.join() }
}

function groupByName (raw: readonly string[]): Map<string, string[]> {
  const groups = new Map<string, string[]>()
  for (let i = 0; i < raw.length; i += 2) {
    const key = raw[i]!.toLowerCase()
    const values = groups.get(key)
    if (values === undefined) groups.set(key, [raw[i + 1]!])
    else values.push(raw[i + 1]!)
  }
  return groups
}

/** Names of which node keeps the first line and drops the others (`http.IncomingMessage`, `message.headers`). */
const KEEPS_FIRST = new Set([
  'age', 'authorization', 'content-length', 'content-type', 'etag', 'expires', 'from', 'host', 'if-modified-since',
  'if-unmodified-since', 'last-modified', 'location', 'max-forwards', 'proxy-authorization', 'referer', 'retry-after',
  'server', 'user-agent',
])

/** Whether a value is what node makes of the lines of a name: it joins them, lists them, or keeps the first. */
function isSame (key: string, value: string | string[] | undefined, lines: readonly string[]): boolean {
  if (Array.isArray(value)) return value.length === lines.length && value.every((each, index) => each === lines[index])
  if (lines.length === 1 || KEEPS_FIRST.has(key)) return value === lines[0]
  return value === lines.join(key === 'cookie' ? '; ' : ', ')
}

/** A hook may set anything, a number too. */
function listOf (value: unknown): string[] {
  return value === undefined || value === null ? [] : [value].flat().map(String)
}
