import { type PublicUrlContext, toPublicPath, toPublicUrl } from '../public-url.ts'
import { type PathRenaming, renamePointer } from './path-renaming.ts'
import type { DocumentContext } from './servers.ts'

/** The base of a document's relative URLs, before and after the rewriting. */
export interface RelativeBase {
  /** Path on the upstream. */
  before: string
  /** Public path. */
  after: string
}

/**
 * A URL to follow: a page or an OAuth endpoint. It obeys the redirect rule; a relative one stays as long as it leads to
 * the same resource.
 * @param base - `undefined` when relative URLs are relative to the document, which moves with them
 */
export function rewriteUrl (url: string, context: PublicUrlContext, base: RelativeBase | undefined): string {
  const publicUrl = toPublicUrl(url, context)
  if (publicUrl !== url || base === undefined || !isRelative(url)) return publicUrl
  const target = toPublicUrl(resolve(url, base.before), context)
  return resolve(url, base.after) === target ? url : target
}

/** Neither a URL with a scheme, nor a host, nor a path, nor a fragment alone. */
function isRelative (url: string): boolean {
  return url !== '' && !/^(?:[a-z][a-z\d+.-]*:|[/\\#\s])/i.test(url)
}

function resolve (url: string, base: string): string {
  const { pathname, search, hash } = new URL(url, new URL(base, 'http://app'))
  return pathname + search + hash
}

/**
 * A reference to a part of this document or another one: the redirect rule for the address; a pointer to a path of this
 * document follows its renaming.
 */
export function rewriteRef (ref: string, context: DocumentContext, renaming: PathRenaming): string {
  const hash = ref.indexOf('#')
  const address = hash === -1 ? ref : ref.slice(0, hash)
  const fragment = hash === -1 ? '' : ref.slice(hash)
  const publicAddress = address === '' ? '' : toPublicUrl(address, context.urlContext)
  if (fragment === '' || !isSameDocument(publicAddress, context)) return publicAddress + fragment
  return `${publicAddress}#${renamePointer(fragment.slice(1), renaming)}`
}

/** @param address - public, or relative to the document */
function isSameDocument (address: string, { urlContext, documentPath }: DocumentContext): boolean {
  const own = `http://gateway${toPublicPath(documentPath, urlContext)}`
  return address === '' || (URL.canParse(address, own) && new URL(address, own).href === new URL(own).href)
}
