import { rewriteDocument } from '../openapi/document.ts'
import type { Edit } from '../openapi/document-edits.ts'
import { encodeReferences } from './character-references.ts'
import { guardJson } from './string-literal.ts'
import { ELEMENTS, isScalarData, isStartScript, isToolTag } from './tool-signatures.ts'
import { type PageOptions, rewritePageUrl } from './page-url.ts'
import { rewriteScript, rewriteSettings } from './script.ts'
import { type Attribute, readTags, type Tag } from './tags.ts'
import { applyEdits, shiftEdits } from '../text-edits.ts'

/** What a page loads, and the base of what is relative in it. Links that a user may follow are the app's own affair. */
const ASSETS: ReadonlyMap<string, string> = new Map([['link', 'href'], ['script', 'src'], ['img', 'src'], ['base', 'href']])

/** A quick look for what every page of these tools says somewhere. */
const HINT = /swagger-?ui|oauth2-redirect|redoc|api-?reference|rapi-doc|elements-api/i

/** Whether HTML is a page of these tools: it loads one, holds one as an element, or starts one. Text about them, scripts that only speak of them and comments do not count. */
export function isToolPage (html: string): boolean {
  return HINT.test(html) && readTags(html).some(tag => isToolTag(tag) || isStartScript(scriptOf(tag, html)))
}

/** The edits of a tool's page: what it loads, the address of its document, the script that starts it. */
export function rewriteHtml (html: string, options: PageOptions): Edit[] {
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

function rewriteAttribute (attribute: Attribute, tag: Tag, options: PageOptions): Edit[] {
  const { value, quote, start, end } = attribute
  const result = rewriteValue(attribute, tag, options)
  if (result === value) return []
  return [{ start, end, text: quote === '' ? `"${encodeReferences(result, '"')}"` : encodeReferences(result, quote) }]
}

function rewriteValue ({ name, value }: Attribute, tag: Tag, options: PageOptions): string {
  const isSettings = isScalarData(tag) && name === 'data-configuration'
  if (isSettings) return applyEdits(value, rewriteSettings(value, options)) ?? value
  const isAddress = name === ASSETS.get(tag.name) || name === ELEMENTS.get(tag.name) || (isScalarData(tag) && name === 'data-url')
  return isAddress ? rewritePageUrl(value, options) : value
}

function rewriteContent (tag: Tag, script: string, hasScalarData: boolean, options: PageOptions): Edit[] {
  if (isScalarData(tag)) return rewriteData(script, options)
  // Scalar before version 1.29 got its settings this way.
  const setsData = hasScalarData && script.includes('dataset.configuration')
  return setsData || isStartScript(script) ? rewriteScript(script, options).map(guard) : []
}

/** An address or a document may get text that would end its script: it was written with escapes, and these are gone. */
function guard ({ start, end, text }: Edit): Edit {
  return { start, end, text: guardJson(text) }
}

/** Scalar's element may hold the document, as JSON. */
function rewriteData (json: string, options: PageOptions): Edit[] {
  const text = rewriteDocument(json, 'json', options)
  return text === undefined ? [] : [guard({ start: 0, end: json.length, text })]
}
