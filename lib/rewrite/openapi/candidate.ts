import { mediaTypeOf } from '../../headers/media-type.ts'

export type DocumentFormat = 'json' | 'yaml'

/** Where frameworks serve the document, below whatever path it is mounted at. */
const DOCUMENT_PATH = new RegExp(`/(?:${[
  String.raw`(?:openapi|swagger)\.(?:json|ya?ml)`,
  String.raw`swagger/[^/]+/swagger\.(?:json|ya?ml)`,
  String.raw`v[23]/api-docs(?:\.ya?ml)?(?:/.+)?`,
  String.raw`documentation/(?:json|yaml)|docs/json|api-docs|api-docs\.json|api-json|api-yaml`,
].join('|')})/?$`)

/**
 * Whether an API document is expected at a path.
 * @param path - in the app, without query
 * @param extra - more such paths
 */
export function isDocumentPath (path: string, extra: readonly string[]): boolean {
  return DOCUMENT_PATH.test(path) || extra.includes(path)
}

const JSON_TYPE = /^(?:application|text)\/(?:[\w.+-]+\+)?json$/
/** The last alternative is the type that springdoc and drf-spectacular send. */
const YAML_TYPE = /^(?:application|text)\/(?:[\w.+-]+\+)?(?:x-)?yaml$|^application\/vnd\.oai\.openapi$/
/** What servers send for a YAML file when they know no type for it. */
const FALLBACK_TYPE = /^(?:text\/plain|application\/octet-stream)$/

/**
 * The format that a response would have if it were an API document.
 * @param path - in the app, without query
 * @returns `undefined` when it cannot be one
 */
export function documentFormatOf (contentType: string | undefined, path: string): DocumentFormat | undefined {
  const type = mediaTypeOf(contentType)
  if (JSON_TYPE.test(type)) return 'json'
  if (YAML_TYPE.test(type)) return 'yaml'
  if (!FALLBACK_TYPE.test(type)) return undefined
  return /\.ya?ml$|\/yaml$/.test(path) ? 'yaml' : 'json'
}

/** How far a body at an unknown path is sniffed. */
const SNIFFED_BYTES = 1024
const DOCUMENT_START = new RegExp(String.raw`^[\s\xef\xbb\xbf]*(?:${[
  String.raw`\{[^]*"(?:openapi|swagger)"\s*:\s*"[23]`,
  String.raw`(?:[^]*\n)?(?:openapi|swagger)\s*:\s*["']?[23]`,
].join('|')})`)

/** Whether a body begins as API documents do: with the version among its first properties. */
export function isDocumentStart (chunk: Buffer): boolean {
  const text = chunk.toString('latin1', 0, SNIFFED_BYTES)
  // Most bodies contain neither word, and the expression would try every position.
  return (text.includes('openapi') || text.includes('swagger')) && DOCUMENT_START.test(text)
}

/** The version property: its order is free. Quoted, or at the start of a line or of a flow collection in YAML. */
const VERSION = /(?:^|["'{,\s\ufeff])(?:openapi|swagger)["']?\s*:\s*["']?[23]/

/** Whether a text may be an API document, because it contains a version somewhere. One search, without parsing. */
export function isDocumentCandidate (text: string): boolean {
  return VERSION.test(text)
}
