import type { PublicUrlContext } from '../public-url.ts'
import { entriesOf, type Entry, findValue, itemsOf, type Node } from './node.ts'
import { type DocumentContext, type OwnServer, ownServers, ROOT_SERVER } from './servers.ts'
import { METHODS } from './shape.ts'

/** Where the public address of an operation is put together: in the keys of `paths`, or in `servers`. */
export type Mode = 'paths' | 'servers'

/** How the addresses of one OpenAPI document are expressed. */
export interface Plan {
  mode: Mode
  /** In mode `paths`, the base path in the app that all operations share. */
  base: string
  /** The upstream's base path, where the keys of `paths` begin with it and no server does: it is removed from them. */
  keyBase: string
  /** Keys of `paths` that have all their operations on foreign servers. */
  foreignPaths: ReadonlySet<string>
}

/**
 * Decides how to express a document's addresses. Keys of `paths` can carry only what is the same for all: when own
 * servers differ in their base path or have variables in it, when one path is both own and foreign, or when path items
 * with servers are referenced, the whole document is expressed in `servers` instead.
 */
export function planRewrite (root: Node, mode: Mode, context: DocumentContext): Plan {
  const items = entriesOf(findValue(root, 'paths')).filter(isPath)
  const pathServers = items.map(item => readPathServers(item.value, context))
  const own = [...documentServers(root, context), ...pathServers.flatMap(({ servers }) => servers)]
  const foreignItems = items.filter((_, index) => pathServers[index]!.isForeign)
  const base = own[0]!.base
  const isUniform = own.every(server => server.base === base && !server.isTemplate)
  const fitsKeys = isUniform && !pathServers.some(isMixed) && !hasReferencedServers(root, items)
  return {
    mode: fitsKeys ? mode : 'servers',
    base,
    keyBase: own.every(server => server.isRoot) ? keyBaseOf(items, context.urlContext) : '',
    foreignPaths: new Set(foreignItems.map(({ key }) => key.value as string)),
  }
}

/**
 * The document's own servers; the root when it names none or only foreign ones: the document came from this app all the
 * same.
 */
export function documentServers (root: Node, context: DocumentContext): readonly OwnServer[] {
  const own = ownServers(findValue(root, 'servers'), context).map(({ server }) => server)
  return own.length === 0 ? [ROOT_SERVER] : own
}

interface PathServers {
  /** Own servers of the path item and its operations. */
  servers: OwnServer[]
  /** Whether the path item, or an operation of it, has foreign servers only. */
  hasForeign: boolean
  /** Whether no operation of it is the app's. */
  isForeign: boolean
}

function readPathServers (item: Node, context: DocumentContext): PathServers {
  const lists = serverLists(item).map(list => ownServers(list, context).map(({ server }) => server))
  const hasForeign = lists.some(list => list.length === 0)
  return { servers: lists.flat(), hasForeign, isForeign: hasForeign && isAllForeign(item, context) }
}

/** Whether a path is own and foreign at once. */
function isMixed ({ servers, hasForeign, isForeign }: PathServers): boolean {
  return hasForeign && !(isForeign && servers.length === 0)
}

/**
 * An operation without servers inherits those of its path item, and a path item without them those of the document,
 * which are own.
 */
function isAllForeign (item: Node, context: DocumentContext): boolean {
  const isForeign = (list: Node | undefined) => itemsOf(list).length > 0 && ownServers(list, context).length === 0
  const inherited = findValue(item, 'servers')
  return isForeign(inherited) || operationsOf(item).every(operation => isForeign(findValue(operation, 'servers')))
}

/** The lists of servers of a path item and its operations; an empty one does not count. */
function serverLists (item: Node): Node[] {
  const lists = [item, ...operationsOf(item)].map(each => findValue(each, 'servers'))
  return lists.filter(list => list !== undefined && itemsOf(list).length > 0) as Node[]
}

function operationsOf (item: Node): Node[] {
  const known = METHODS.map(method => findValue(item, method)).filter(each => each !== undefined)
  return [...known, ...entriesOf(findValue(item, 'additionalOperations')).map(({ value }) => value)]
}

/** A path item may be under `paths` by reference: then its servers would have to suit two places. */
function hasReferencedServers (root: Node, items: readonly Entry[]): boolean {
  if (!items.some(({ value }) => findValue(value, '$ref') !== undefined)) return false
  const components = entriesOf(findValue(findValue(root, 'components'), 'pathItems'))
  return [...items, ...components].some(({ value }) => serverLists(value).length > 0)
}

/**
 * The upstream's base path, when all paths begin with it: the app knows its base path, and writes it into each path
 * instead of into a server.
 * @param items - of servers at the root
 */
export function keyBaseOf (items: readonly Entry[], { basePath }: PublicUrlContext): string {
  const isBelow = ({ key }: Entry) => `${String(key.value)}/`.startsWith(`${basePath}/`)
  return items.length > 0 && items.every(isBelow) ? basePath : ''
}

/** A key of `paths` that does not begin with a slash is an extension. */
export function isPath ({ key }: Entry): boolean {
  return typeof key.value === 'string' && key.value.startsWith('/')
}
