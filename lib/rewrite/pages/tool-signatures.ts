import { attributeOf, type Tag } from './tags.ts'
import { isPunctuator, parseOrDefault, type Token } from './token.ts'
import { Tokenizer } from './tokenizer.ts'

/** Start functions of Swagger UI and Scalar; ReDoc's is `Redoc.init`. */
const STARTERS: ReadonlySet<string> = new Set(['SwaggerUIBundle', 'SwaggerUI', 'SwaggerUi', 'createApiReference'])

const STARTER = /(?<!function )\b(?:SwaggerUIBundle|SwaggerUI|SwaggerUi|createApiReference|Redoc\s*\.\s*init)\s*\(/

/**
 * Elements that are a page by themselves, and the attribute with the URL of the document: ReDoc, RapiDoc, Stoplight.
 */
export const ELEMENTS: ReadonlyMap<string, string> = new Map([
  ['redoc', 'spec-url'],
  ['rapi-doc', 'spec-url'],
  ['elements-api', 'apidescriptionurl'],
])

/** The tools' own files, from a CDN or from the app. */
const TOOL_FILE = new RegExp(`(?:^|/)(?:${[
  String.raw`swagger-ui(?:-bundle|-standalone-preset)?(?:\.min)?\.js`,
  String.raw`redoc\.standalone\.js|oauth2-redirect\.js`,
  String.raw`@scalar/api-reference(?:@[^/]*)?(?:/[^?#]*)?`,
].join('|')})(?:$|[?#])`)

/** Whether a tag occurs only in a page of these tools. */
export function isToolTag (tag: Tag): boolean {
  const attribute = ELEMENTS.get(tag.name)
  if (attribute !== undefined) return attributeOf(tag, attribute) !== undefined
  return tag.name === 'script' && (isScalarData(tag) || TOOL_FILE.test(attributeOf(tag, 'src') ?? ''))
}

/** Scalar's script element without a script: its attributes are settings. */
export function isScalarData (tag: Tag): boolean {
  return tag.name === 'script' && attributeOf(tag, 'id') === 'api-reference'
}

/** Whether a script starts one of these tools: by a call, not by a mention in strings and comments. */
export function isStartScript (text: string): boolean {
  return STARTER.test(text) && parseOrDefault(false, () => hasStarterCall(new Tokenizer(text)))
}

/**
 * Whether a parenthesis opens the arguments of a start function.
 * @param before - the tokens before it, the last one first
 */
export function isStarterCall (before: readonly (Token | undefined)[]): boolean {
  const [name, dot, owner] = before
  if (name?.kind !== 'word') return false
  if (name.text === 'init') return dot?.text === '.' && owner?.text === 'Redoc'
  return STARTERS.has(name.text) && dot?.text !== 'function'
}

function hasStarterCall (tokenizer: Tokenizer): boolean {
  const before: Token[] = []
  for (let token = tokenizer.next(); token !== undefined; token = tokenizer.next()) {
    if (isPunctuator(token, '(') && isStarterCall(before)) return true
    // Not needed for the result, but quick: the document may be most of the script.
    if (isPunctuator(token, '{') && before[1]?.text === 'swaggerDoc') tokenizer.skipObject(tokenizer.findObjectEnd())
    before.unshift(token)
    before.length = Math.min(before.length, 3)
  }
  return false
}
