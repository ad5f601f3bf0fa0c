import { rewriteDocument } from '../openapi/document.ts'
import { applyEdits, shiftEdits, type TextEdit } from '../text-edits.ts'
import { type PageOptions, rewritePageUrl } from './page-url.ts'
import { rewriteScript, rewriteSettings } from './script.ts'
import { escapeForHtml } from './string-literal.ts'
import { type Attribute, encodeReferences, readTags, type Tag } from './tags.ts'
import { ELEMENTS, isScalarData, isStartScript, isToolTag } from './tool-signatures.ts'

/** What a page loads, and the base of its relative URLs. Links that a user may follow are the app's own affair. */
const ASSETS: ReadonlyMap<string, string> = new Map([
  ['link', 'href'], ['script', 'src'], ['img', 'src'], ['base', 'href'],
])

/** A cheap test for a word that every page of these tools contains somewhere. */
const HINT = /swagger-?ui|oauth2-redirect|redoc|api-?reference|rapi-doc|elements-api/i

/**
 * Whether HTML is a page of these tools: it loads one, contains one as an element, or starts one. Text about them,
 * scripts that only mention them and comments do not count.
 */
export function isToolPage (html: string): boolean {
  return HINT.test(html) && readTags(html).some(tag => isToolTag(tag) || isStartScript(scriptOf(tag, html)))
}

/** The edits of a tool's page: what it loads, the URL of its document, the script that starts it. */
export function rewriteHtml (html: string, options: PageOptions): TextEdit[] {
  const tags = readTags(html)
  const hasScalarData = tags.some(isScalarData)
  return tags.flatMap(tag => [
    ...tag.attributes.flatMap(attribute => rewriteAttribute(attribute, tag, options)),
    ...shiftEdits(rewriteContent(tag, scriptOf(tag, html), hasScalarData, options), tag.content.start),
  ])
}

function scriptOf ({ name, content }: Tag, html: string): string {
  return name === 'script' ? html.slice(content.start, content.end) : ''
}

function rewriteAttribute (attribute: Attribute, tag: Tag, options: PageOptions): TextEdit[] {
  const { value, quote, start, end } = attribute
  const result = rewriteValue(attribute, tag, options)
  if (result === value) return []
  const text = quote === '' ? `"${encodeReferences(result, '"')}"` : encodeReferences(result, quote)
  return [{ start, end, text }]
}

function rewriteValue ({ name, value }: Attribute, tag: Tag, options: PageOptions): string {
  const isScalar = isScalarData(tag)
  if (isScalar && name === 'data-configuration') return applyEdits(value, rewriteSettings(value, options)) ?? value
  const isUrl = name === ASSETS.get(tag.name) || name === ELEMENTS.get(tag.name) || (isScalar && name === 'data-url')
  return isUrl ? rewritePageUrl(value, options) : value
}

function rewriteContent (tag: Tag, script: string, hasScalarData: boolean, options: PageOptions): TextEdit[] {
  if (isScalarData(tag)) return rewriteEmbeddedDocument(script, options)
  // Scalar before version 1.29 got its settings this way.
  const setsData = hasScalarData && script.includes('dataset.configuration')
  return setsData || isStartScript(script) ? rewriteScript(script, options).map(escapeEdit) : []
}

/** Rewriting decodes the escapes of the original, so a URL or a document may contain text that would end its script. */
function escapeEdit ({ start, end, text }: TextEdit): TextEdit {
  return { start, end, text: escapeForHtml(text) }
}

/** Scalar's element may contain the document, as JSON. */
function rewriteEmbeddedDocument (json: string, options: PageOptions): TextEdit[] {
  const text = rewriteDocument(json, 'json', options)
  return text === undefined ? [] : [escapeEdit({ start: 0, end: json.length, text })]
}
