import { type DocumentFormat, isDocumentCandidate } from './candidate.ts'
import { DocumentEdits } from './document-edits.ts'
import { findValue, type Node } from './node.ts'
import { rewriteOpenApi } from './openapi3.ts'
import type { Mode } from './plan.ts'
import { readJson } from './read-json.ts'
import { readYaml } from './read-yaml.ts'
import type { DocumentContext } from './servers.ts'
import { rewriteSwagger } from './swagger2.ts'

export interface DocumentOptions extends DocumentContext {
  /** Where the public path is put together: in the keys of `paths`, or in `servers` (`basePath` of Swagger). */
  mode: Mode
}

const readers = { json: readJson, yaml: readYaml }

/**
 * An API document as the gateway serves it: OpenAPI 3.0 to 3.2 or Swagger 2.0. For every operation, server plus path,
 * resolved against the document's public address, is where the gateway serves it: prefix, base path of the server in
 * the app, path.
 * - mode `paths`: the keys of `paths` carry prefix and base path, the document's servers are reduced to `/`, and
 *   foreign ones are removed, because the new paths are wrong there. Operations that are on foreign servers alone stay
 *   as they are. Where the keys cannot express it (servers with several base paths or with variables in them, one path
 *   that is both own and foreign, path items with servers by `$ref`) the whole document is expressed as in mode
 *   `servers`.
 * - mode `servers`: paths stay, own servers get their public path, and a document without an own one gets one; foreign
 *   ones stay.
 * - both: URLs of the app obey the redirect rule; references to renamed paths follow; Swagger loses `host` and
 *   `schemes`.
 *
 * It is edited, not serialised anew: numbers, order, comments and all that is not an address stay byte for byte.
 * Linear in the length, but YAML takes ten times as long as JSON.
 * @returns `undefined` when it is no API document, not valid, nested more than 500 levels deep, or needs no change:
 *   pass it on
 */
export function rewriteDocument (
  text: string, format: DocumentFormat, { mode, ...context }: DocumentOptions
): string | undefined {
  if (!isDocumentCandidate(text)) return undefined
  const root = readers[format](text)
  if (root?.kind !== 'object') return undefined
  const edits = new DocumentEdits(text)
  if (isVersion(findValue(root, 'openapi'), 3)) rewriteOpenApi(root, mode, context, edits)
  else if (isVersion(findValue(root, 'swagger'), 2)) rewriteSwagger(root, mode, context, edits)
  const result = edits.apply()
  const isBroken = result !== undefined && format === 'yaml' && mayLoseAnchor(text, edits) &&
    readYaml(result) === undefined
  return isBroken ? undefined : result
}

/** A number counts, too: YAML writers forget the quotes of `3.0`. */
function isVersion (node: Node | undefined, major: number): boolean {
  return node?.kind === 'scalar' && Math.trunc(Number.parseFloat(String(node.value))) === major
}

/** Removed text may hold the anchor of an alias that stays. */
function mayLoseAnchor (text: string, edits: DocumentEdits): boolean {
  return edits.list().some(({ start, end }) => text.slice(start, end).includes('&'))
}
