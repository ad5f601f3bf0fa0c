import type { HeaderRecord } from '../headers/response.ts'
import type { Location, OpenApiRule } from '../location.ts'
import { documentFormatOf, isDocumentPath } from './openapi/candidate.ts'
import { isPageCandidate, isPagePath } from './pages/candidate.ts'

/** What of a location's responses is rewritten. */
export interface Rewrites {
  /** Redirects and cookies. */
  headers: boolean
  /** API documents and the pages that show them; `null` when they are passed on. */
  content: OpenApiRule | null
}

/** Decides what is rewritten: nothing of an app that knows its prefix. */
export function selectRewrites ({ prefixAware, openapi }: Pick<Location, 'prefixAware' | 'openapi'>): Rewrites {
  return prefixAware ? { headers: false, content: null } : { headers: true, content: openapi }
}

/**
 * What is done with the body of a response.
 * - `buffer`: an API document or a page is expected, or it is short HTML: read whole, and rewritten if it is one
 * - `sniff`: JSON or YAML elsewhere: its first bytes decide (`isDocumentStart`)
 * - `passthrough`: neither, or too long, or encoded
 */
export type ResponseClass = 'buffer' | 'sniff' | 'passthrough'

/**
 * Whether an API document or its page is expected at a path, so that it is requested whole and uncompressed.
 * @param path - in the app, without query
 */
export function isCandidatePath (path: string, { documents, pages }: OpenApiRule): boolean {
  return isDocumentPath(path, documents) || isPagePath(path, pages)
}

/**
 * Decides by the head of a response whether its body may have to be rewritten.
 * @param path - in the app, without query
 */
export function classifyResponse (
  { statusCode, headers }: { statusCode: number, headers: HeaderRecord }, path: string, rule: OpenApiRule
): ResponseClass {
  const { 'content-type': contentType, 'content-length': length, 'content-encoding': encoding } = headers
  if (statusCode !== 200 || typeof contentType !== 'string' || encoding !== undefined) return 'passthrough'
  const contentLength = typeof length === 'string' ? Number(length) : undefined
  if (contentLength !== undefined && contentLength > rule.maxBytes) return 'passthrough'
  const isDocumentType = documentFormatOf(contentType, path) !== undefined
  if (isDocumentType && isDocumentPath(path, rule.documents)) return 'buffer'
  if (isPageCandidate({ path, contentType, contentLength }, rule.pages)) return 'buffer'
  return isDocumentType && !UNTYPED.test(contentType) && contentLength !== undefined ? 'sniff' : 'passthrough'
}

/** Says nothing of the content; such bodies are many and large. */
const UNTYPED = /^text\/plain|octet-stream/
