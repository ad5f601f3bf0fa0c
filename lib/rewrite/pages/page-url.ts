import type { DocumentOptions } from '../openapi/document.ts'
import { toPublicUrl } from '../public-url.ts'

/** What a page is rewritten by. The document's place is, for a page that has its document in it, the page's own. */
export interface PageOptions extends DocumentOptions {
  /** The gateway's own origin, as the client asked for it: `https://api.example.com`. */
  origin: string
}

/** An address in a page, by the redirect rule. */
export function rewritePageUrl (url: string, { url: context }: PageOptions): string {
  return toPublicUrl(url, context)
}

/**
 * Where an authorization server sends the user back to. It gets this address as it stands, so that an absolute one stays
 * absolute: at the gateway.
 */
export function rewriteRedirectUrl (url: string, { url: context, origin }: PageOptions): string {
  const publicUrl = toPublicUrl(url, context)
  return publicUrl === url || url.startsWith('/') ? publicUrl : origin + publicUrl
}
