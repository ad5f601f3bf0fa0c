import type { Span } from '../openapi/node.ts'
import { decodeReferences } from './character-references.ts'

export interface Attribute extends Span {
  /** Lower-case. */
  name: string
  value: string
  /** What is around its value, which `start` and `end` leave out; empty for nothing. */
  quote: '"' | "'" | ''
}

/** A start tag of an HTML page. */
export interface Tag {
  /** Lower-case. */
  name: string
  attributes: Attribute[]
  /** What is in a script; empty for every other element. */
  content: Span
}

/** Their content is text, whatever it looks like (HTML, 13.2.5). */
const RAW = /^(?:script|style|title|textarea|xmp|iframe|noembed|noframes)$/

/** By the groups of an attribute's pattern. */
const QUOTES = ['"', "'", ''] as const

/** Every start tag of an HTML page, without those in comments and in elements that hold text. Linear. */
export function readTags (html: string): Tag[] {
  const tags: Tag[] = []
  for (let position = html.indexOf('<'); position !== -1; position = html.indexOf('<', position)) {
    const end = skipOther(html, position)
    const name = end === undefined ? readName(html, position + 1) : undefined
    if (name === undefined) {
      position = end ?? position + 1
      continue
    }
    const { attributes, end: tagEnd } = readAttributes(html, position + 1 + name.length)
    const content = RAW.test(name) ? readContent(html, name, tagEnd) : { start: tagEnd, end: tagEnd }
    tags.push({ name, attributes, content })
    position = content.end
  }
  return tags
}

/** The value of the first attribute of this name; the others do not count. */
export function attributeOf ({ attributes }: Tag, name: string): string | undefined {
  return attributes.find(attribute => attribute.name === name)?.value
}

/** Behind a comment, a declaration or an end tag. */
function skipOther (html: string, start: number): number | undefined {
  const [opening, closing] = html.startsWith('<!--', start) ? [4, '-->'] : [2, '>']
  if (!/[!?/]/.test(html.charAt(start + 1))) return undefined
  const end = html.indexOf(closing, start + opening)
  return end === -1 ? html.length : end + closing.length
}

function readName (html: string, start: number): string | undefined {
  return match(/[a-z][^\s/>]*/iy, html, start)?.[0].toLowerCase()
}

function readAttributes (html: string, start: number): { attributes: Attribute[], end: number } {
  const attributes: Attribute[] = []
  let position = start
  for (;;) {
    position += match(/[\s/]*/y, html, position)![0].length
    if (position >= html.length || html[position] === '>') return { attributes, end: Math.min(position + 1, html.length) }
    const [source, name, ...values] = matchAttribute(html, position)
    position += source.length
    const index = values.findIndex(value => value !== undefined)
    const value = values[index]
    if (value === undefined) continue
    const quote = QUOTES[index]!
    const end = position - quote.length
    attributes.push({ name: name!.toLowerCase(), value: decodeReferences(value), quote, start: end - value.length, end })
  }
}

/** The source, the name, and the value in one of three places. */
function matchAttribute (html: string, position: number): [string, ...(string | undefined)[]] {
  return match(/(=?[^\s/>=]*)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+)))?/y, html, position)! as never
}

function readContent (html: string, name: string, start: number): Span {
  const closing = new RegExp(`</${name}[\\s/>]`, 'ig')
  closing.lastIndex = start
  return { start, end: closing.exec(html)?.index ?? html.length }
}

function match (pattern: RegExp, text: string, position: number): RegExpExecArray | null {
  pattern.lastIndex = position
  return pattern.exec(text)
}
