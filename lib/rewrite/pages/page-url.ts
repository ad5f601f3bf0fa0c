import type { DocumentOptions } from '../openapi/document.ts'
import { toPublicUrl } from '../public-url.ts'

/** How a page is rewritten. For a page with the document in it, `documentPath` is the page's own path. */
export interface PageOptions extends DocumentOptions {
  /** The gateway's own origin, as the client requested it: `https://api.example.com`. */
  origin: string
}

/** A URL in a page, by the redirect rule. */
export function rewritePageUrl (url: string, { urlContext }: PageOptions): string {
  return toPublicUrl(url, urlContext)
}

/**
 * The URL that an authorization server redirects the user back to. It is sent to that server as it is written, so an
 * absolute URL stays absolute: at the gateway.
 */
export function rewriteRedirectUrl (url: string, { urlContext, origin }: PageOptions): string {
  const publicUrl = toPublicUrl(url, urlContext)
  return publicUrl === url || url.startsWith('/') ? publicUrl : origin + publicUrl
}
