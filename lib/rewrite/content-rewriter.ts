import { createHash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { OpenApiRule } from '../location.ts'
import { type DocumentFormat, documentFormatOf, isDocumentCandidate } from './openapi/candidate.ts'
import { rewriteDocument } from './openapi/document.ts'
import { detectPage, rewritePage } from './pages/page.ts'
import type { PageOptions } from './pages/page-url.ts'
import type { PublicBase } from './public-base.ts'

/** A document or a page as the gateway serves it. */
export interface RewrittenContent {
  bytes: Buffer
  /** Strong entity tag of these bytes, quoted. */
  etag: string
}

/** A cached result: `null` when the original is to be passed on. */
interface CacheEntry {
  rewritten: RewrittenContent | null
}

/** The cache has room for this many documents of the maximum length. */
const CACHED_DOCUMENTS = 2

/**
 * Rewrites the API documents and pages of one location. Results are cached by the upstream's bytes and the public base
 * of the client.
 */
export class ContentRewriter {
  readonly #mode: OpenApiRule['mode']
  readonly #maxBytes: number
  /** Created with the first document: most locations of a gateway with many have none. */
  #cache: LRUCache<string, CacheEntry> | null = null

  constructor ({ mode, maxBytes }: OpenApiRule) {
    this.#mode = mode
    this.#maxBytes = maxBytes
  }

  /**
   * @param original - the whole body, decoded
   * @param path - of the request in the app, without query
   * @returns `null` when the original is to be passed on
   */
  rewrite (original: Buffer, contentType: string, path: string, base: PublicBase): RewrittenContent | null {
    const { prefix, basePath, clientHosts, origin } = base
    // The upstreams may be replaced while the gateway runs, and with them what is the app's own URL.
    const upstreams = base.upstreams.map(({ host }) => host)
    const key = JSON.stringify([hash(original), contentType, path, prefix, basePath, clientHosts, origin, upstreams])
    this.#cache ??= new LRUCache({
      maxSize: Math.max(1, CACHED_DOCUMENTS * this.#maxBytes),
      sizeCalculation: countBytes,
    })
    const cached = this.#cache.get(key)
    if (cached !== undefined) return cached.rewritten
    const options = { mode: this.#mode, urlContext: base, documentPath: path, origin }
    const rewritten = rewriteBytes(original, contentType, options)
    this.#cache.set(key, { rewritten })
    return rewritten
  }
}

/** Overhead of an entry. */
const ENTRY_BYTES = 512

/** The key counts because the client controls part of it: long paths to uncached originals would fill the memory. */
function countBytes ({ rewritten }: CacheEntry, key: string): number {
  return ENTRY_BYTES + key.length + (rewritten?.bytes.length ?? 0)
}

function rewriteBytes (original: Buffer, contentType: string, options: PageOptions): RewrittenContent | null {
  const text = decodeText(original, contentType)
  const result = text === undefined ? undefined : rewriteContent(text, contentType, options)
  if (result === undefined) return null
  const bytes = Buffer.from(result)
  return { bytes, etag: `"${hash(bytes)}"` }
}

/** Only UTF-8 is read, which JSON and YAML are by definition; any other text is passed on. */
function decodeText (bytes: Buffer, contentType: string): string | undefined {
  const charset = /;\s*charset\s*=\s*"?([^";\s]+)/i.exec(contentType)?.[1]
  if (charset !== undefined && !/^(?:utf-?8|us-ascii)$/i.test(charset)) return undefined
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}

function hash (bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('base64url')
}

/** Reading YAML takes ten times as long as JSON, and blocks the event loop meanwhile. */
export const MAX_YAML_BYTES = 1024 * 1024

/**
 * An API document, or a page that shows one, as it is served behind the gateway; recognised by its content.
 * @returns `undefined` for everything else, and for what needs no change: pass it on byte for byte
 */
export function rewriteContent (text: string, contentType: string, options: PageOptions): string | undefined {
  const format = documentFormatOf(contentType, options.documentPath)
  if (format !== undefined && isDocumentCandidate(text)) return rewriteWithinLimit(text, format, options)
  const kind = detectPage(text, contentType)
  return kind === undefined ? undefined : rewritePage(text, kind, options)
}

function rewriteWithinLimit (text: string, format: DocumentFormat, options: PageOptions): string | undefined {
  return format === 'yaml' && text.length > MAX_YAML_BYTES ? undefined : rewriteDocument(text, format, options)
}
