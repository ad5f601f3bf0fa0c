import { toPublicPath } from '../public-url.ts'
import type { DocumentEdits } from './document-edits.ts'
import { type Entry, findEntry, findValue, itemsOf, type Node, type ObjectNode } from './node.ts'
import { openApiDocument } from './openapi3-shape.ts'
import { type PathRenaming, renamePath } from './path-renaming.ts'
import { documentServers, type Mode, type Plan, planRewrite } from './plan.ts'
import { quote } from './scalar.ts'
import { type DocumentContext, ownServers, readServer } from './servers.ts'
import type { Action } from './shape.ts'
import { type RelativeBase, rewriteRef, rewriteUrl } from './urls.ts'
import { walk } from './walk.ts'

interface Rewriting {
  edits: DocumentEdits
  context: DocumentContext
  plan: Plan
  renaming: PathRenaming
  relativeBase: RelativeBase | undefined
}

/** Rewrites an OpenAPI document of version 3: see `rewriteDocument`. */
export function rewriteOpenApi (root: ObjectNode, mode: Mode, context: DocumentContext, edits: DocumentEdits): void {
  const plan = planRewrite(root, mode, context)
  const renaming = renamingOf(plan, context)
  const rewriting = { edits, context, plan, renaming, relativeBase: relativeBaseOf(root, plan, context) }
  walk(root, openApiDocument, (action, entry, owner) => rewriteEntry(action, entry, owner === root, rewriting))
  if (plan.mode === 'servers') ensureServer(root, context, edits)
}

function renamingOf ({ mode, base, keyBase, foreignPaths }: Plan, { urlContext }: DocumentContext): PathRenaming {
  if (mode === 'servers') return { prefix: '', keyBase, foreignPaths }
  return { prefix: base === '' ? urlContext.prefix : toPublicPath(base, urlContext), keyBase, foreignPaths }
}

function rewriteEntry (action: Action, entry: Entry, isDocument: boolean, rewriting: Rewriting): void {
  const { edits, context, renaming, relativeBase } = rewriting
  if (action === 'path') edits.setString(entry.key, renamePath(entry.key.value as string, renaming))
  if (action === 'url') edits.mapString(entry.value, url => rewriteUrl(url, context.urlContext, relativeBase))
  if (action === 'ref') edits.mapString(entry.value, ref => rewriteRef(ref, context, renaming))
  if (action === 'servers') rewriteServers(entry, isDocument, rewriting)
  if (action === 'otherServers') itemsOf(entry.value).forEach(({ value }) => extendServer(value, rewriting))
  if (action === 'linkServer') rewriteLinkServer(entry.value, rewriting)
}

function rewriteServers (entry: Entry, isDocument: boolean, rewriting: Rewriting): void {
  if (rewriting.plan.mode === 'paths') reduceServers(entry, isDocument, rewriting)
  else itemsOf(entry.value).forEach(({ value }) => extendServer(value, rewriting))
}

/** Mode `servers`, and servers outside `paths`: the public path of the server itself. */
function extendServer (server: Node, { context, edits }: Rewriting): void {
  const own = readServer(server, context)
  if (own !== undefined) setUrl(server, toPublicPath(own.base, context.urlContext), edits)
}

/**
 * Mode `paths`: with the whole path in the key, one server is left, the root; on any other the key would be wrong.
 */
function reduceServers ({ value: list }: Entry, isDocument: boolean, { context, edits }: Rewriting): void {
  const items = itemsOf(list)
  const [own] = ownServers(list, context)
  const kept = own?.item ?? (isDocument ? items[0] : undefined)
  if (kept === undefined) return
  if (own === undefined) edits.setValue(kept.valueSpan, '{"url": "/"}')
  else setUrl(kept.value, '/', edits)
  edits.removeItems(items, item => item !== kept)
}

/** The server of a link replaces that of the operation that it leads to. */
function rewriteLinkServer (server: Node, rewriting: Rewriting): void {
  const { context, plan, edits } = rewriting
  if (plan.mode === 'paths' && readServer(server, context)?.base === plan.base) setUrl(server, '/', edits)
  else extendServer(server, rewriting)
}

function setUrl (server: Node, url: string, edits: DocumentEdits): void {
  edits.mapString(findValue(server, 'url')!, () => url)
}

/**
 * Mode `servers`: tools send requests to the first server unless the user chooses another; without an own one, none
 * would lead here.
 */
function ensureServer (root: ObjectNode, context: DocumentContext, edits: DocumentEdits): void {
  const entry = findEntry(root, 'servers')
  if (ownServers(entry?.value, context).length > 0) return
  const server = `{"url": ${quote(toPublicPath('', context.urlContext))}}`
  const [first] = itemsOf(entry?.value)
  if (entry === undefined) insertServers(root, `[${server}]`, context, edits)
  else if (first === undefined || entry.value.kind !== 'array') edits.setValue(entry.valueSpan, `[${server}]`)
  else edits.insertItem(entry.value, first, server)
}

/** Behind the version, which many tools expect at the very beginning. */
function insertServers (
  root: ObjectNode, servers: string, { urlContext }: DocumentContext, edits: DocumentEdits
): void {
  const before = root.entries.find(({ key }) => key.value !== 'openapi')
  if (before !== undefined && urlContext.prefix !== '') edits.insertEntry(root, before, 'servers', servers)
}

/**
 * In OpenAPI relative URLs are relative to the first server; a document without servers, which gets none, is its own
 * base.
 */
function relativeBaseOf (root: Node, plan: Plan, context: DocumentContext): RelativeBase | undefined {
  const { urlContext } = context
  const hasServers = itemsOf(findValue(root, 'servers')).length > 0
  if (!hasServers && (plan.mode === 'paths' || urlContext.prefix === '')) return undefined
  const [first] = documentServers(root, context)
  return { before: first!.path, after: plan.mode === 'paths' ? '/' : toPublicPath(first!.base, urlContext) }
}
