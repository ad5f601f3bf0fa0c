import { mediaTypeOf } from '../../headers/media-type.ts'

/** Where the tools that show API documents serve their pages, below whatever path they are mounted at. */
const PAGE = new RegExp(`/(?:${[
  'api|api-docs|apidocs|docs|documentation|openapi|rapidoc|redoc|reference|scalar|scalar/[^/]+',
  String.raw`swagger|swagger-ui|swagger-ui\.html`,
].join('|')})/?$`)
/** The page as a file, and the one that an authorization server redirects the user back to. */
const FILE = new RegExp(`/(?:${[
  String.raw`(?:docs|documentation|documentation/static|redoc|scalar|swagger|swagger-ui)/index\.html`,
  String.raw`oauth2-redirect(?:\.html)?`,
].join('|')})$`)
/** The script that starts the page: swagger-ui-express and Nest, the newer Swagger UI, Swashbuckle. */
const SCRIPT = /\/(?:swagger-ui-init\.js|swagger-initializer\.js|swagger\/index\.js)$/
/** springdoc's settings for its page. */
const SETTINGS = /\/swagger-config(?:\.json)?$/

/** An HTML page at an unknown path that is longer is passed on unread. */
export const MAX_UNKNOWN_PAGE_BYTES = 1024 * 1024

/**
 * Whether the page of an API document, its start script or its settings are expected at a path. The content decides
 * whether it is one.
 * @param path - in the app, without query
 * @param extra - more such paths, with or without a trailing slash
 */
export function isPagePath (path: string, extra: readonly string[]): boolean {
  return [PAGE, FILE, SCRIPT, SETTINGS].some(pattern => pattern.test(path)) || isExtraPath(path, extra)
}

function isExtraPath (path: string, extra: readonly string[]): boolean {
  return extra.some(each => withoutTrailingSlash(each) === withoutTrailingSlash(path))
}

function withoutTrailingSlash (path: string): string {
  return path.replace(/\/$/, '')
}

/** The part of a response head that tells whether its body may be a page. */
export interface PageHead {
  /** Path in the app, without query. */
  path: string
  contentType: string | undefined
  /** Bytes; `undefined` when the response has no `Content-Length`. */
  contentLength: number | undefined
}

/**
 * Whether a response is worth being buffered until its content can be examined. At a known path its media type decides.
 * Elsewhere only short HTML with a `Content-Length` is: an app's pages have one, streamed responses have none and are
 * never buffered; the app's scripts, which are many and large, are not examined.
 */
export function isPageCandidate ({ path, contentType, contentLength }: PageHead, extra: readonly string[]): boolean {
  const kind = pageKindOf(contentType)
  if (kind === 'html' && contentLength !== undefined && contentLength <= MAX_UNKNOWN_PAGE_BYTES) return true
  if (kind === undefined || !isPagePath(path, extra)) return false
  return kind !== 'json' || SETTINGS.test(path) || isExtraPath(path, extra)
}

/** A page, the script that starts it, or its settings in JSON. */
export type PageKind = 'html' | 'script' | 'json'

const KINDS: ReadonlyMap<string, PageKind> = new Map([
  ['text/html', 'html'],
  ['application/xhtml+xml', 'html'],
  ['application/javascript', 'script'],
  ['application/x-javascript', 'script'],
  ['text/javascript', 'script'],
  ['application/json', 'json'],
])

/** @returns `undefined` for a media type that no page has */
export function pageKindOf (contentType: string | undefined): PageKind | undefined {
  return KINDS.get(mediaTypeOf(contentType))
}
