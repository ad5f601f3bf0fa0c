import { mediaTypeOf } from '../headers/media-type.ts'
import { type DocumentFormat, looksLikeDocument, rewriteDocument } from './openapi/document.ts'
import { looksLikePage, type PageOptions, rewritePage } from './pages/page.ts'

const JSON_TYPE = /^(?:application|text)\/(?:[\w.+-]+\+)?json$/
/** The last of them is what springdoc and drf-spectacular say. */
const YAML_TYPE = /^(?:application|text)\/(?:[\w.+-]+\+)?(?:x-)?yaml$|^application\/vnd\.oai\.openapi$/
/** What servers call a YAML file that they have no type for. */
const NO_TYPE = /^(?:text\/plain|application\/octet-stream)$/

/** Reading YAML takes ten times as long as JSON, and nothing else is done meanwhile. */
export const MAX_YAML_BYTES = 1024 * 1024

/**
 * The format that an answer would have if it were an API document.
 * @param path - in the app, without query
 * @returns `undefined` when it can be none
 */
export function documentFormatOf (contentType: string | undefined, path: string): DocumentFormat | undefined {
  const type = mediaTypeOf(contentType)
  if (JSON_TYPE.test(type)) return 'json'
  if (YAML_TYPE.test(type)) return 'yaml'
  if (!NO_TYPE.test(type)) return undefined
  return /\.ya?ml$|\/yaml$/.test(path) ? 'yaml' : 'json'
}

/**
 * An API document, or a page that shows one, as it is served behind the gateway; recognised by its content.
 * @returns `undefined` for everything else, and for what is as it should be: pass it on byte for byte
 */
export function rewriteContent (text: string, contentType: string, options: PageOptions): string | undefined {
  const format = documentFormatOf(contentType, options.documentPath)
  if (format !== undefined && looksLikeDocument(text)) return rewriteFormat(text, format, options)
  const kind = looksLikePage(text, contentType)
  return kind === undefined ? undefined : rewritePage(text, kind, options)
}

function rewriteFormat (text: string, format: DocumentFormat, options: PageOptions): string | undefined {
  return format === 'yaml' && text.length > MAX_YAML_BYTES ? undefined : rewriteDocument(text, format, options)
}
