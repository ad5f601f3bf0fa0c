import { findOwnTarget, type PublicUrlContext, toAppPath } from '../public-url.ts'
import { findString, findValue, type Item, itemsOf, type Node } from './node.ts'

/** Where a document is served, for what is relative to it. */
export interface DocumentContext {
  urlContext: PublicUrlContext
  /** Path of the document in the app, without prefix and base path: `/openapi.json`. */
  documentPath: string
}

/** A server that is the app itself. */
export interface OwnServer {
  /** Its path in the app, without the upstream's base path and a trailing slash: `/api/{version}`, or empty. */
  base: string
  /** Whether `base` has variables in it. */
  isTemplate: boolean
  /** Its path on the upstream, as written, with its variables filled in: what relative URLs are relative to. */
  path: string
  /** Whether it is the root of its host, above the upstream's base path. */
  isRoot: boolean
}

/** The server of a document without servers: OpenAPI says `/`. */
export const ROOT_SERVER: OwnServer = { base: '', isTemplate: false, path: '/', isRoot: true }

/**
 * Reads a server of an OpenAPI document. Its variables count with their defaults.
 * @returns `undefined` for a foreign one
 */
export function readServer (server: Node, context: DocumentContext): OwnServer | undefined {
  const { urlContext } = context
  const url = findString(server, 'url')
  if (url === undefined) return undefined
  const fill = (template: string) => fillVariables(template, findValue(server, 'variables'))
  const full = resolveServer(fill(url), context)
  const path = toAppPath(full, urlContext)
  if (path === undefined) return undefined
  const plain = toBase(path)
  const template = toBase(toAppPath(fillAuthority(url, fill), urlContext) ?? path)
  // A template is kept only where it means the same: it may hide the base path that has to be removed.
  const base = fill(template) === plain ? template : plain
  const target = withoutQuery(findOwnTarget(full, urlContext)!)
  return { base, isTemplate: base.includes('{'), path: target || '/', isRoot: /^\/*$/.test(target) }
}

/** The servers of a list that are the app itself, each with its element. */
export function ownServers (list: Node | undefined, context: DocumentContext): { item: Item, server: OwnServer }[] {
  return itemsOf(list).flatMap(item => {
    const server = readServer(item.value, context)
    return server === undefined ? [] : [{ item, server }]
  })
}

function fillVariables (template: string, variables: Node | undefined): string {
  return template.replace(/\{([^{}]+)\}/g, (expression, name: string) =>
    findString(findValue(variables, name), 'default') ?? expression)
}

/** Scheme and host must be known to decide; in the path, variables may stay. */
function fillAuthority (url: string, fill: (template: string) => string): string {
  const authority = /^(?:[^/?#]*:)?\/\/[^/?#]*/.exec(url)?.[0] ?? ''
  return fill(authority) + url.slice(authority.length)
}

const ABSOLUTE = /^[a-z][a-z\d+.-]*:|^[/\\]/i

/** A relative server is relative to the document. An empty one is not the document's address: it means the root. */
function resolveServer (url: string, { urlContext: { basePath }, documentPath }: DocumentContext): string {
  const text = url.trim()
  if (text === '') return '/'
  if (ABSOLUTE.test(text)) return text
  return new URL(text, `http://document${basePath}${documentPath}`).pathname
}

/** Paths are appended to a server: its own trailing slash would be one too many. */
function toBase (path: string): string {
  let end = withoutQuery(path).length
  while (path[end - 1] === '/') end--
  return path.slice(0, end)
}

function withoutQuery (path: string): string {
  return path.replace(/[?#].*$/s, '')
}
