import { type PublicUrlContext, toAppPath, toPublicPath, toPublicUrl } from '../public-url.ts'
import type { DocumentEdits } from './document-edits.ts'
import { type Entry, entriesOf, findEntry, findString, type ObjectNode } from './node.ts'
import { type PathRenaming, renamePath } from './path-renaming.ts'
import { isPath, keyBaseOf, type Mode } from './plan.ts'
import { quote } from './scalar.ts'
import { externalDocs, info, schema, tag } from './schema-shape.ts'
import type { DocumentContext } from './servers.ts'
import { type Action, mapOf, METHODS, pathsOf, type Shape, shape } from './shape.ts'
import { rewriteRef } from './urls.ts'
import { walk } from './walk.ts'

const parameter = shape({ $ref: 'ref', schema })

const response = shape({ $ref: 'ref', schema })

const operation = shape({ externalDocs, parameters: parameter, responses: mapOf(response), schemes: 'schemes' })

const operations = Object.fromEntries(METHODS.map(method => [method, operation]))

/** A Swagger document of version 2.0. */
const swaggerDocument: Shape = shape({
  info,
  externalDocs,
  tags: tag,
  paths: pathsOf(shape({ $ref: 'ref', parameters: parameter, ...operations })),
  definitions: mapOf(schema),
  parameters: mapOf(parameter),
  responses: mapOf(response),
  securityDefinitions: mapOf(shape({ authorizationUrl: 'url', tokenUrl: 'url' })),
})

/**
 * Removed from the document. Without them a client takes scheme and host of the document's own address; with them,
 * those of the upstream, or of some deployment that this gateway is not.
 */
const ADDRESS: ReadonlySet<unknown> = new Set(['host', 'schemes'])

interface Rewriting {
  edits: DocumentEdits
  context: DocumentContext
  renaming: PathRenaming
}

/** Rewrites a Swagger document of version 2.0: see `rewriteDocument`. */
export function rewriteSwagger (root: ObjectNode, mode: Mode, context: DocumentContext, edits: DocumentEdits): void {
  const { urlContext } = context
  const { base, isRoot } = readBasePath(root, urlContext)
  const keyBase = isRoot ? keyBaseOf(pathEntriesOf(root), urlContext) : ''
  const publicBase = toPublicPath(base, urlContext)
  const prefix = mode === 'paths' && publicBase !== '/' ? publicBase : ''
  const rewriting = { edits, context, renaming: { prefix, keyBase, foreignPaths: new Set<string>() } }
  walk(root, swaggerDocument, (action, entry, owner) => rewriteEntry(action, entry, owner, rewriting))
  edits.removeItems(root.entries, item => ADDRESS.has((item as Entry).key.value))
  setBasePath(root, mode === 'paths' ? '/' : publicBase, edits)
}

function rewriteEntry (action: Action, entry: Entry, owner: ObjectNode, { edits, context, renaming }: Rewriting): void {
  if (action === 'path') edits.setString(entry.key, renamePath(entry.key.value as string, renaming))
  if (action === 'url') edits.mapString(entry.value, url => toPublicUrl(url, context.urlContext))
  if (action === 'ref') edits.mapString(entry.value, ref => rewriteRef(ref, context, renaming))
  if (action === 'schemes' && owner.entries.length > 1) {
    edits.removeItems(owner.entries, item => item.start === entry.start)
  }
}

/** `basePath` in the app; tools write it with and without slashes around. */
function readBasePath (root: ObjectNode, urlContext: PublicUrlContext): { base: string, isRoot: boolean } {
  const segments = (findString(root, 'basePath') ?? '').split('/').filter(segment => segment !== '')
  if (segments.length === 0) return { base: '', isRoot: true }
  return { base: toAppPath(`/${segments.join('/')}`, urlContext)!, isRoot: false }
}

function pathEntriesOf (root: ObjectNode): Entry[] {
  return entriesOf(findEntry(root, 'paths')?.value).filter(isPath)
}

function setBasePath (root: ObjectNode, basePath: string, edits: DocumentEdits): void {
  const entry = findEntry(root, 'basePath')
  if (entry !== undefined) return edits.mapString(entry.value, () => basePath)
  const before = root.entries.find(({ key }) => key.value !== 'swagger' && !ADDRESS.has(key.value))
  // A document without `basePath` is at the root.
  if (before !== undefined && basePath !== '/') edits.insertEntry(root, before, 'basePath', quote(basePath))
}
