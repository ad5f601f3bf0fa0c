import type { Span } from '../text-edits.ts'

export interface Attribute extends Span {
  /** Lower-case. */
  name: string
  /** Decoded. */
  value: string
  /** Around the value, excluded by `start` and `end`; empty for an unquoted one. */
  quote: '"' | "'" | ''
}

/** A start tag of an HTML page. */
export interface Tag {
  /** Lower-case. */
  name: string
  attributes: Attribute[]
  /** The content of an element that holds raw text, like a script; empty for every other element. */
  content: Span
}

/** Their content is text, whatever it looks like (HTML, 13.2.5). */
const RAW_TEXT = /^(?:script|style|title|textarea|xmp|iframe|noembed|noframes)$/

/** By the groups of an attribute's pattern. */
const QUOTES = ['"', "'", ''] as const

/** Every start tag of an HTML page, without those in comments and in elements that hold text. Linear. */
export function readTags (html: string): Tag[] {
  const tags: Tag[] = []
  for (let position = html.indexOf('<'); position !== -1; position = html.indexOf('<', position)) {
    const end = skipMarkup(html, position)
    const name = end === undefined ? readName(html, position + 1) : undefined
    if (name === undefined) {
      position = end ?? position + 1
      continue
    }
    const { attributes, end: tagEnd } = readAttributes(html, position + 1 + name.length)
    const content = RAW_TEXT.test(name) ? readContent(html, name, tagEnd) : { start: tagEnd, end: tagEnd }
    tags.push({ name, attributes, content })
    position = content.end
  }
  return tags
}

/** The value of the first attribute of this name; the others do not count. */
export function attributeOf ({ attributes }: Tag, name: string): string | undefined {
  return attributes.find(attribute => attribute.name === name)?.value
}

/** The end of a comment, a declaration or an end tag; `undefined` when none begins here. */
function skipMarkup (html: string, start: number): number | undefined {
  const [opening, closing] = html.startsWith('<!--', start) ? [4, '-->'] : [2, '>']
  if (!/[!?/]/.test(html.charAt(start + 1))) return undefined
  const end = html.indexOf(closing, start + opening)
  return end === -1 ? html.length : end + closing.length
}

function readName (html: string, start: number): string | undefined {
  return match(/[a-z][^\s/>]*/iy, html, start)?.[0].toLowerCase()
}

function readAttributes (html: string, from: number): { attributes: Attribute[], end: number } {
  const attributes: Attribute[] = []
  let position = from
  for (;;) {
    position += match(/[\s/]*/y, html, position)![0].length
    if (position >= html.length || html[position] === '>') {
      return { attributes, end: Math.min(position + 1, html.length) }
    }
    const [source, name, ...values] = matchAttribute(html, position)
    position += source.length
    const index = values.findIndex(value => value !== undefined)
    const value = values[index]
    if (value === undefined) continue
    const quote = QUOTES[index]!
    const end = position - quote.length
    const start = end - value.length
    attributes.push({ name: name!.toLowerCase(), value: decodeReferences(value), quote, start, end })
  }
}

/** The source, the name, and the value in one of three groups. */
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

const REFERENCE = /&(?:#(\d{1,7})|#x([\da-f]{1,6})|(amp|apos|gt|lt|quot|sol|colon|period|equals));/gi

const NAMED: Readonly<Record<string, string>> = {
  amp: '&', apos: "'", gt: '>', lt: '<', quot: '"', sol: '/', colon: ':', period: '.', equals: '=',
}

/**
 * The value of an attribute as a browser reads it. Of the named references only those that template engines write into
 * URLs.
 */
function decodeReferences (source: string): string {
  return source.replace(REFERENCE, (reference: string, decimal?: string, hexadecimal?: string, name?: string) => {
    if (name !== undefined) return NAMED[name.toLowerCase()]!
    const code = decimal === undefined ? Number.parseInt(hexadecimal!, 16) : Number(decimal)
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : reference
  })
}

const ESCAPES = { '"': '&quot;', "'": '&#39;' }

/** A value that can stand in an attribute between these quotes. */
export function encodeReferences (value: string, quote: '"' | "'"): string {
  return value.replaceAll('&', '&amp;').replaceAll(quote, ESCAPES[quote]).replaceAll('<', '&lt;')
}
