import type { PublicUrlContext } from '../public-url.ts'
import { METHODS } from './methods.ts'
import { entriesOf, type Entry, findValue, itemsOf, type Node } from './node.ts'
import { type DocumentPlace, type OwnServer, ownServers, ROOT_SERVER } from './servers.ts'

/** Where the public address of an operation is put together: in the keys of `paths`, or in `servers`. */
export type Mode = 'paths' | 'servers'

/** How the addresses of one OpenAPI document are expressed. */
export interface Plan {
  mode: Mode
  /** In mode `paths`, the base path in the app that all operations share. */
  base: string
  /** The upstream's base path, where the keys of `paths` begin with it and no server does: it is taken off them. */
  keyBase: string
  /** Keys of `paths` whose operations are all on foreign servers. */
  foreignPaths: ReadonlySet<string>
}

/**
 * Decides how to express a document's addresses. Keys of `paths` can carry only what is the same for all: when own servers
 * differ in their base path or have variables in it, when one path is own and foreign, or when path items that have servers are
 * referred to, the whole document is expressed in `servers` instead.
 */
export function makePlan (root: Node, mode: Mode, place: DocumentPlace): Plan {
  const items = entriesOf(findValue(root, 'paths')).filter(isPath)
  const bySelf = items.map(item => readPathServers(item.value, place))
  const own = [...documentServers(root, place), ...bySelf.flatMap(({ servers }) => servers)]
  const foreignPaths = new Set(items.filter((_, index) => bySelf[index]!.isForeign).map(({ key }) => key.value as string))
  const base = own[0]!.base
  const isUniform = own.every(server => server.base === base && !server.isTemplate)
  const isMixed = bySelf.some(({ isForeign, servers, hasForeign }) => hasForeign && !(isForeign && servers.length === 0))
  const isShared = hasReferredServers(root, items)
  return {
    mode: isUniform && !isMixed && !isShared ? mode : 'servers',
    base,
    keyBase: own.every(server => server.isRoot) ? keyBaseOf(items, place.url) : '',
    foreignPaths,
  }
}

/** The document's own servers; the root, when it says nothing or names foreign ones only: it came from this app all the same. */
export function documentServers (root: Node, place: DocumentPlace): readonly OwnServer[] {
  const own = ownServers(findValue(root, 'servers'), place).map(({ server }) => server)
  return own.length === 0 ? [ROOT_SERVER] : own
}

interface PathServers {
  /** Own servers of the path item and its operations. */
  servers: OwnServer[]
  /** Whether it, or an operation of it, has foreign servers only. */
  hasForeign: boolean
  /** Whether no operation of it is the app's. */
  isForeign: boolean
}

function readPathServers (item: Node, place: DocumentPlace): PathServers {
  const lists = serverLists(item).map(list => ownServers(list, place).map(({ server }) => server))
  const hasForeign = lists.some(list => list.length === 0)
  return { servers: lists.flat(), hasForeign, isForeign: hasForeign && isAllForeign(item, place) }
}

/** An operation without servers has those of its path item, and a path item without them those of the document, which are own. */
function isAllForeign (item: Node, place: DocumentPlace): boolean {
  const isForeign = (list: Node | undefined) => itemsOf(list).length > 0 && ownServers(list, place).length === 0
  const inherited = findValue(item, 'servers')
  return isForeign(inherited) || operationsOf(item).every(operation => isForeign(findValue(operation, 'servers')))
}

/** The lists of servers of a path item and its operations; an empty one is none. */
function serverLists (item: Node): Node[] {
  return [item, ...operationsOf(item)].map(each => findValue(each, 'servers')).filter(list => list !== undefined && itemsOf(list).length > 0) as Node[]
}

function operationsOf (item: Node): Node[] {
  const known = METHODS.map(method => findValue(item, method)).filter(each => each !== undefined)
  return [...known, ...entriesOf(findValue(item, 'additionalOperations')).map(({ value }) => value)]
}

/** A path item may be under `paths` by reference: then its servers would have to suit two places. */
function hasReferredServers (root: Node, items: readonly Entry[]): boolean {
  if (!items.some(({ value }) => findValue(value, '$ref') !== undefined)) return false
  const components = entriesOf(findValue(findValue(root, 'components'), 'pathItems'))
  return [...items, ...components].some(({ value }) => serverLists(value).length > 0)
}

/**
 * The upstream's base path, when all paths begin with it: the app knows its base, and says it in each path instead of in a server.
 * @param items - of servers at the root
 */
export function keyBaseOf (items: readonly Entry[], { basePath }: PublicUrlContext): string {
  const isBelow = ({ key }: Entry) => `${String(key.value)}/`.startsWith(`${basePath}/`)
  return items.length > 0 && items.every(isBelow) ? basePath : ''
}

/** What does not begin with a slash in `paths` is an extension. */
export function isPath ({ key }: Entry): boolean {
  return typeof key.value === 'string' && key.value.startsWith('/')
}
