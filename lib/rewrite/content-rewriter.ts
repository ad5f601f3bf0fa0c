import { createHash } from 'node:crypto'
import type { OpenApiRule } from '../location/types.ts'
import { rewriteContent } from './content.ts'
import type { Place } from './public-base.ts'
import { RewriteCache } from './rewrite-cache.ts'

/** A document or a page as the gateway serves it. */
export interface RewrittenContent {
  bytes: Buffer
  /** Of these bytes, quoted. */
  etag: string
  byteLength: number
}

/** Room for this many documents of the longest kind. */
const CACHED_DOCUMENTS = 2

/**
 * Rewrites the documents and pages of one location. What the app has sent before, byte for byte, to a client that sees the
 * gateway in the same place, is not read again.
 */
export class ContentRewriter {
  readonly #mode: OpenApiRule['mode']
  readonly #cache: RewriteCache<RewrittenContent>

  constructor ({ mode, maxBytes }: OpenApiRule) {
    this.#mode = mode
    this.#cache = new RewriteCache(CACHED_DOCUMENTS * maxBytes)
  }

  /**
   * @param original - all of it, decoded
   * @param path - in the app, without query
   * @returns `null` when the original is to be passed on
   */
  rewrite (original: Buffer, contentType: string, path: string, place: Place): RewrittenContent | null {
    const { prefix, basePath, clientHosts, origin } = place
    const key = JSON.stringify([hash(original), contentType, path, prefix, basePath, clientHosts, origin])
    const known = this.#cache.get(key)
    if (known !== undefined) return known
    const rewritten = this.#rewriteNew(original, contentType, path, place)
    this.#cache.set(key, rewritten)
    return rewritten
  }

  #rewriteNew (original: Buffer, contentType: string, path: string, place: Place): RewrittenContent | null {
    const text = decodeText(original, contentType)
    const result = text === undefined ? undefined : rewriteContent(text, contentType, { mode: this.#mode, url: place, documentPath: path, origin: place.origin })
    if (result === undefined) return null
    const bytes = Buffer.from(result)
    return { bytes, etag: `"${hash(bytes)}"`, byteLength: bytes.length }
  }
}

/** Only UTF-8 is read, which JSON and YAML are by definition; what is none of it is passed on. */
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
