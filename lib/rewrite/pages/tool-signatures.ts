import { attributeOf, type Tag } from './tags.ts'
import { isPunctuator, readOr, type Token } from './token.ts'
import { TokenReader } from './tokenizer.ts'

/** The functions that Swagger UI and Scalar start with; ReDoc's is `Redoc.init`. */
const STARTERS: ReadonlySet<string> = new Set(['SwaggerUIBundle', 'SwaggerUI', 'SwaggerUi', 'createApiReference'])

const STARTER = /(?<!function )\b(?:SwaggerUIBundle|SwaggerUI|SwaggerUi|createApiReference|Redoc\s*\.\s*init)\s*\(/

/** Elements that are a page by themselves, and the attribute with the address of the document: ReDoc, RapiDoc, Stoplight. */
export const ELEMENTS: ReadonlyMap<string, string> = new Map([
  ['redoc', 'spec-url'],
  ['rapi-doc', 'spec-url'],
  ['elements-api', 'apidescriptionurl'],
])

/** The tools' own files, from a CDN or from the app. */
const TOOL_FILE = /(?:^|\/)(?:swagger-ui(?:-bundle|-standalone-preset)?(?:\.min)?\.js|redoc\.standalone\.js|oauth2-redirect\.js|@scalar\/api-reference(?:@[^/]*)?(?:\/[^?#]*)?)(?:$|[?#])/

/** Whether a tag is one that only a page of these tools has. */
export function isToolTag (tag: Tag): boolean {
  const document = ELEMENTS.get(tag.name)
  if (document !== undefined) return attributeOf(tag, document) !== undefined
  return tag.name === 'script' && (isScalarData(tag) || TOOL_FILE.test(attributeOf(tag, 'src') ?? ''))
}

/** Scalar's script element without a script: its attributes are settings. */
export function isScalarData (tag: Tag): boolean {
  return tag.name === 'script' && attributeOf(tag, 'id') === 'api-reference'
}

/** Whether a script starts one of these tools: by a call, not by what it says in strings and comments. */
export function isStartScript (text: string): boolean {
  return STARTER.test(text) && readOr(false, () => findStarter(new TokenReader(text)))
}

/**
 * Whether a parenthesis is that of a starter's call.
 * @param before - the tokens before it, the last one first
 */
export function isStarterCall (before: readonly (Token | undefined)[]): boolean {
  const [name, dot, owner] = before
  if (name?.kind !== 'word') return false
  return name.text === 'init' ? dot?.text === '.' && owner?.text === 'Redoc' : STARTERS.has(name.text) && dot?.text !== 'function'
}

function findStarter (reader: TokenReader): boolean {
  const before: Token[] = []
  for (let token = reader.next(); token !== undefined; token = reader.next()) {
    if (isPunctuator(token, '(') && isStarterCall(before)) return true
    // Not needed to be right, but quick: the document may be most of the script.
    if (isPunctuator(token, '{') && before[1]?.text === 'swaggerDoc') reader.skipObject(reader.findObjectEnd())
    before.unshift(token)
    before.length = Math.min(before.length, 3)
  }
  return false
}
