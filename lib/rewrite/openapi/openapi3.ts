import { toPublicPath } from '../public-url.ts'
import type { Edits } from './document-edits.ts'
import type { Action } from './shape.ts'
import { type Entry, findEntry, findValue, itemsOf, type Node, type ObjectNode } from './node.ts'
import { openApiDocument } from './openapi3-shape.ts'
import { type PathRenaming, renamePath } from './path-renaming.ts'
import { documentServers, makePlan, type Mode, type Plan } from './plan.ts'
import { quote } from './scalar.ts'
import { type DocumentPlace, ownServers, readServer } from './servers.ts'
import { type RelativeBase, rewriteRef, rewriteUrl } from './urls.ts'
import { walk } from './walk.ts'

interface Rewriting {
  edits: Edits
  place: DocumentPlace
  plan: Plan
  renaming: PathRenaming
  relativeBase: RelativeBase | undefined
}

/** Rewrites an OpenAPI document of version 3: see `rewriteDocument`. */
export function rewriteOpenApi (root: ObjectNode, mode: Mode, place: DocumentPlace, edits: Edits): void {
  const plan = makePlan(root, mode, place)
  const { base, keyBase, foreignPaths } = plan
  const renaming = plan.mode === 'paths'
    ? { prefix: base === '' ? place.url.prefix : toPublicPath(base, place.url), keyBase, foreignPaths }
    : { prefix: '', keyBase, foreignPaths }
  const rewriting = { edits, place, plan, renaming, relativeBase: relativeBaseOf(root, plan, place) }
  walk(root, openApiDocument, (action, entry, owner) => rewriteEntry(action, entry, owner === root, rewriting))
  if (plan.mode === 'servers') ensureServer(root, place, edits)
}

function rewriteEntry (action: Action, entry: Entry, isDocument: boolean, rewriting: Rewriting): void {
  const { edits, place, renaming, relativeBase } = rewriting
  if (action === 'path') edits.setString(entry.key, renamePath(entry.key.value as string, renaming))
  if (action === 'url') rewriteString(entry.value, edits, url => rewriteUrl(url, place.url, relativeBase))
  if (action === 'ref') rewriteString(entry.value, edits, ref => rewriteRef(ref, place, renaming))
  if (action === 'servers') rewriteServers(entry, isDocument, rewriting)
  if (action === 'otherServers') itemsOf(entry.value).forEach(({ value }) => extendServer(value, rewriting))
  if (action === 'linkServer') rewriteLinkServer(entry.value, rewriting)
}

/** Applies a rule to a string; anything else is no URL. */
export function rewriteString (node: Node, edits: Edits, rewrite: (text: string) => string): void {
  if (node.kind === 'scalar' && typeof node.value === 'string') edits.setString(node, rewrite(node.value))
}

function rewriteServers (entry: Entry, isDocument: boolean, rewriting: Rewriting): void {
  if (rewriting.plan.mode === 'paths') reduceServers(entry, isDocument, rewriting)
  else itemsOf(entry.value).forEach(({ value }) => extendServer(value, rewriting))
}

/** Mode `servers`, and what is not under `paths`: the public path of the server itself. */
function extendServer (server: Node, { place, edits }: Rewriting): void {
  const own = readServer(server, place)
  if (own !== undefined) setUrl(server, toPublicPath(own.base, place.url), edits)
}

/** Mode `paths`: with the whole path in the key, one server is left, the root; on any other the key would be wrong. */
function reduceServers ({ value: list }: Entry, isDocument: boolean, { place, edits }: Rewriting): void {
  const members = itemsOf(list)
  const [own] = ownServers(list, place)
  const kept = own?.item ?? (isDocument ? members[0] : undefined)
  if (kept === undefined) return
  if (own === undefined) edits.setValue(kept.place, '{"url": "/"}')
  else setUrl(kept.value, '/', edits)
  edits.removeMembers(members, item => item !== kept)
}

/** The server of a link replaces that of the operation that it leads to. */
function rewriteLinkServer (server: Node, rewriting: Rewriting): void {
  const { place, plan, edits } = rewriting
  if (plan.mode === 'paths' && readServer(server, place)?.base === plan.base) setUrl(server, '/', edits)
  else extendServer(server, rewriting)
}

function setUrl (server: Node, url: string, edits: Edits): void {
  rewriteString(findValue(server, 'url')!, edits, () => url)
}

/** Mode `servers`: the first server is the one that tools ask, unless the user chooses; without an own one, none would lead here. */
function ensureServer (root: ObjectNode, place: DocumentPlace, edits: Edits): void {
  const entry = findEntry(root, 'servers')
  if (ownServers(entry?.value, place).length > 0) return
  const server = `{"url": ${quote(toPublicPath('', place.url))}}`
  const [first] = itemsOf(entry?.value)
  if (entry === undefined) insertServers(root, `[${server}]`, place, edits)
  else if (first === undefined || entry.value.kind !== 'array') edits.setValue(entry.place, `[${server}]`)
  else edits.insertItem(entry.value, first, server)
}

/** Behind the version, which many look for at the very beginning. */
function insertServers (root: ObjectNode, servers: string, { url: { prefix } }: DocumentPlace, edits: Edits): void {
  const before = root.entries.find(({ key }) => key.value !== 'openapi')
  if (before !== undefined && prefix !== '') edits.insertEntry(root, before, 'servers', servers)
}

/** OpenAPI has relative URLs relative to the first server; a document without servers, which gets none, is its own base. */
function relativeBaseOf (root: Node, plan: Plan, place: DocumentPlace): RelativeBase | undefined {
  const isWithout = itemsOf(findValue(root, 'servers')).length === 0
  if (isWithout && (plan.mode === 'paths' || place.url.prefix === '')) return undefined
  const [first] = documentServers(root, place)
  return { before: first!.path, after: plan.mode === 'paths' ? '/' : toPublicPath(first!.base, place.url) }
}
