import { findOwnTarget, type PublicUrlContext, toAppPath } from '../public-url.ts'
import { findString, findValue, type Item, itemsOf, type Node } from './node.ts'

/** A document's place, for what is relative to it. */
export interface DocumentPlace {
  url: PublicUrlContext
  /** Path of the document in the app, without prefix and base: `/openapi.json`. */
  documentPath: string
}

/** A server that is the app itself. */
export interface OwnServer {
  /** Where it is in the app, without the upstream's base path and a slash at its end: `/api/{version}`, or empty. */
  base: string
  /** Whether `base` has variables in it. */
  isTemplate: boolean
  /** Its path on the upstream, as written, with its variables filled in: what relative URLs are relative to. */
  path: string
  /** Whether it names the root of its host, above the upstream's base path. */
  isRoot: boolean
}

/** What a document without servers has: OpenAPI says `/`. */
export const ROOT_SERVER: OwnServer = { base: '', isTemplate: false, path: '/', isRoot: true }

/**
 * Understands a server of an OpenAPI document. Its variables count with their defaults.
 * @returns `undefined` for a foreign one
 */
export function readServer (server: Node, place: DocumentPlace): OwnServer | undefined {
  const url = findString(server, 'url')
  if (url === undefined) return undefined
  const fill = (template: string) => fillIn(template, findValue(server, 'variables'))
  const full = resolveServer(fill(url), place)
  const path = toAppPath(full, place.url)
  if (path === undefined) return undefined
  const plain = toBase(path)
  const template = toBase(toAppPath(fillAuthority(url, fill), place.url) ?? path)
  // A template is kept where it says the same: it may hide the base path that has to go.
  const base = fill(template) === plain ? template : plain
  const target = withoutQuery(findOwnTarget(full, place.url)!)
  return { base, isTemplate: base.includes('{'), path: target || '/', isRoot: /^\/*$/.test(target) }
}

/** Of a list of servers, those that are the app itself, each with its element. */
export function ownServers (list: Node | undefined, place: DocumentPlace): { item: Item, server: OwnServer }[] {
  return itemsOf(list).flatMap(item => {
    const server = readServer(item.value, place)
    return server === undefined ? [] : [{ item, server }]
  })
}

function fillIn (template: string, variables: Node | undefined): string {
  return template.replace(/\{([^{}]+)\}/g, (expression, name: string) => findString(findValue(variables, name), 'default') ?? expression)
}

/** Scheme and host must be known to decide; in the path, variables may stay. */
function fillAuthority (url: string, fill: (template: string) => string): string {
  const authority = /^(?:[^/?#]*:)?\/\/[^/?#]*/.exec(url)?.[0] ?? ''
  return fill(authority) + url.slice(authority.length)
}

const ABSOLUTE = /^[a-z][a-z\d+.-]*:|^[/\\]/i

/** A relative server is relative to the document. An empty one is no address of the document: it stands for the root. */
function resolveServer (url: string, { url: { basePath }, documentPath }: DocumentPlace): string {
  const text = url.trim()
  if (text === '') return '/'
  if (ABSOLUTE.test(text)) return text
  return new URL(text, `http://document${basePath}${documentPath}`).pathname
}

/** Paths are appended to a server: its own slash at the end would be one too many. */
function toBase (path: string): string {
  let end = withoutQuery(path).length
  while (path[end - 1] === '/') end--
  return path.slice(0, end)
}

function withoutQuery (path: string): string {
  return path.replace(/[?#].*$/s, '')
}
