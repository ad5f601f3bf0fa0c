import type { AnswerHead } from '../headers/response.ts'
import type { OpenApiRule } from '../location/types.ts'
import { documentFormatOf } from './content.ts'
import { isPagePath, mayBePage } from './pages/candidate.ts'

/** Where frameworks put the document, under whatever path an app has mounted it. */
const DOCUMENT = /\/(?:(?:openapi|swagger)\.(?:json|ya?ml)|swagger\/[^/]+\/swagger\.(?:json|ya?ml)|v[23]\/api-docs(?:\.ya?ml)?(?:\/.+)?|documentation\/(?:json|yaml)|docs\/json|api-docs|api-docs\.json|api-json|api-yaml)\/?$/

/**
 * Whether a document or its page is expected at a path, so that the app is asked for it whole and uncompressed.
 * @param path - in the app, without query
 */
export function isExpected (path: string, { documents, pages }: OpenApiRule): boolean {
  return DOCUMENT.test(path) || documents.includes(path) || isPagePath(path, pages)
}

/**
 * Whether an answer has to be held until its content is known.
 * - `hold`: it is what was expected, or a short HTML page
 * - `peek`: it is JSON or YAML elsewhere: its beginning will tell
 * - `pass`: it is neither, or too long, or encoded
 */
export function judgeAnswer ({ statusCode, headers }: Pick<AnswerHead, 'statusCode' | 'headers'>, path: string, rule: OpenApiRule): 'hold' | 'peek' | 'pass' {
  const { 'content-type': type, 'content-length': length, 'content-encoding': encoding } = headers
  if (statusCode !== 200 || typeof type !== 'string' || encoding !== undefined) return 'pass'
  const contentLength = typeof length === 'string' ? Number(length) : undefined
  if (contentLength !== undefined && contentLength > rule.maxBytes) return 'pass'
  const isDocument = documentFormatOf(type, path) !== undefined
  if (isDocument && (DOCUMENT.test(path) || rule.documents.includes(path))) return 'hold'
  if (mayBePage({ path, contentType: type, contentLength }, rule.pages)) return 'hold'
  return isDocument && !/^text\/plain|octet-stream/.test(type) && contentLength !== undefined ? 'peek' : 'pass'
}

/** How far an answer at a path that nobody knows is looked into. */
const PEEK_BYTES = 1024
const BEGINNING = /^[\s\xef\xbb\xbf]*(?:\{[^]*"(?:openapi|swagger)"\s*:\s*"[23]|(?:[^]*\n)?(?:openapi|swagger)\s*:\s*["']?[23])/

/** Whether an answer begins as documents do: its version is among the first of its properties. */
export function beginsLikeDocument (chunk: Buffer): boolean {
  const text = chunk.toString('latin1', 0, PEEK_BYTES)
  // Most answers hold neither word, and the expression would look for them at every place.
  return (text.includes('openapi') || text.includes('swagger')) && BEGINNING.test(text)
}
