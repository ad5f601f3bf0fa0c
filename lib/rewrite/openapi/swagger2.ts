import { type PublicUrlContext, toAppPath, toPublicPath, toPublicUrl } from '../public-url.ts'
import type { Edits } from './document-edits.ts'
import type { Action } from './shape.ts'
import { type Entry, entriesOf, findEntry, findString, type ObjectNode } from './node.ts'
import { rewriteString } from './openapi3.ts'
import { type PathRenaming, renamePath } from './path-renaming.ts'
import { isPath, keyBaseOf, type Mode } from './plan.ts'
import { quote } from './scalar.ts'
import type { DocumentPlace } from './servers.ts'
import { swaggerDocument } from './swagger-shape.ts'
import { rewriteRef } from './urls.ts'
import { walk } from './walk.ts'

/** Left out, they are those of the document's own address; said, they are the upstream's, or of a place that this gateway is not. */
const ADDRESS: ReadonlySet<unknown> = new Set(['host', 'schemes'])

/** Rewrites a Swagger document of version 2.0: see `rewriteDocument`. */
export function rewriteSwagger (root: ObjectNode, mode: Mode, place: DocumentPlace, edits: Edits): void {
  const { url } = place
  const { base, isRoot } = readBasePath(root, url)
  const keyBase = isRoot ? keyBaseOf(pathsOf(root), url) : ''
  const publicBase = toPublicPath(base, url)
  const prefix = mode === 'paths' && publicBase !== '/' ? publicBase : ''
  const renaming: PathRenaming = { prefix, keyBase, foreignPaths: new Set() }
  walk(root, swaggerDocument, (action, entry, owner) => rewriteEntry(action, entry, owner, { edits, place, renaming }))
  edits.removeMembers(root.entries, item => ADDRESS.has((item as Entry).key.value))
  setBasePath(root, mode === 'paths' ? '/' : publicBase, edits)
}

interface Rewriting {
  edits: Edits
  place: DocumentPlace
  renaming: PathRenaming
}

function rewriteEntry (action: Action, entry: Entry, owner: ObjectNode, { edits, place, renaming }: Rewriting): void {
  if (action === 'path') edits.setString(entry.key, renamePath(entry.key.value as string, renaming))
  if (action === 'url') rewriteString(entry.value, edits, url => toPublicUrl(url, place.url))
  if (action === 'ref') rewriteString(entry.value, edits, ref => rewriteRef(ref, place, renaming))
  if (action === 'schemes' && owner.entries.length > 1) edits.removeMembers(owner.entries, item => item.start === entry.start)
}

/** Where the paths are in the app; tools write it with and without slashes around. */
function readBasePath (root: ObjectNode, url: PublicUrlContext): { base: string, isRoot: boolean } {
  const basePath = (findString(root, 'basePath') ?? '').split('/').filter(segment => segment !== '').join('/')
  return { base: basePath === '' ? '' : toAppPath(`/${basePath}`, url)!, isRoot: basePath === '' }
}

function pathsOf (root: ObjectNode): Entry[] {
  return entriesOf(findEntry(root, 'paths')?.value).filter(isPath)
}

function setBasePath (root: ObjectNode, basePath: string, edits: Edits): void {
  const entry = findEntry(root, 'basePath')
  if (entry !== undefined) return rewriteString(entry.value, edits, () => basePath)
  const before = root.entries.find(({ key }) => key.value !== 'swagger' && !ADDRESS.has(key.value))
  // Without one it is the root.
  if (before !== undefined && basePath !== '/') edits.insertEntry(root, before, 'basePath', quote(basePath))
}
