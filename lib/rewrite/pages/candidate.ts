import { mediaTypeOf } from '../../headers/media-type.ts'

/** Where the tools that show API documents put their pages, under whatever path an app has mounted them. */
const PAGE = /\/(?:api|api-docs|apidocs|docs|documentation|openapi|rapidoc|redoc|reference|scalar|scalar\/[^/]+|swagger|swagger-ui|swagger-ui\.html)\/?$/
/** The page as a file, and the one that an authorization server sends the user back to. */
const FILE = /\/(?:(?:docs|documentation|documentation\/static|redoc|scalar|swagger|swagger-ui)\/index\.html|oauth2-redirect(?:\.html)?)$/
/** What starts the page: swagger-ui-express and Nest, the newer Swagger UI, Swashbuckle. */
const SCRIPT = /\/(?:swagger-ui-init\.js|swagger-initializer\.js|swagger\/index\.js)$/
/** springdoc's settings for its page. */
const SETTINGS = /\/swagger-config(?:\.json)?$/

/** Above this many bytes, an HTML page at an unknown path is passed on unread. */
export const MAX_UNKNOWN_PAGE = 1024 * 1024

/**
 * Whether a path is one at which the page of an API document, its start script or its settings are expected.
 * What is there is decided by its content.
 * @param path - in the app, without query
 * @param extra - more paths, with or without a slash at their end
 */
export function isPagePath (path: string, extra: readonly string[]): boolean {
  return [PAGE, FILE, SCRIPT, SETTINGS].some(pattern => pattern.test(path)) || isExtra(path, extra)
}

function isExtra (path: string, extra: readonly string[]): boolean {
  return extra.some(each => withoutSlash(each) === withoutSlash(path))
}

function withoutSlash (path: string): string {
  return path.replace(/\/$/, '')
}

export interface Answer {
  /** Path in the app, without query. */
  path: string
  contentType: string | undefined
  /** Bytes; `undefined` when the answer does not say. */
  contentLength: number | undefined
}

/**
 * Whether an answer is worth being held until its content can be looked at. At a known path it is, by its media type.
 * Elsewhere only HTML that says that it is short: an app's pages have a length, what it streams has none and is never held;
 * its scripts, which are many and large, are not looked at.
 */
export function mayBePage ({ path, contentType, contentLength }: Answer, extra: readonly string[]): boolean {
  const content = contentOf(contentType)
  if (content === 'html' && contentLength !== undefined && contentLength <= MAX_UNKNOWN_PAGE) return true
  return content !== undefined && isPagePath(path, extra) && (content !== 'json' || SETTINGS.test(path) || isExtra(path, extra))
}

export type Content = 'html' | 'script' | 'json'

const MEDIA_TYPES: ReadonlyMap<string, Content> = new Map([
  ['text/html', 'html'],
  ['application/xhtml+xml', 'html'],
  ['application/javascript', 'script'],
  ['application/x-javascript', 'script'],
  ['text/javascript', 'script'],
  ['application/json', 'json'],
])

/** @returns `undefined` for a media type that no page has */
export function contentOf (contentType: string | undefined): Content | undefined {
  return MEDIA_TYPES.get(mediaTypeOf(contentType))
}
