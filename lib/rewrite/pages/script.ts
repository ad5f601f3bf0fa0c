import { looksLikeDocument, rewriteDocument } from '../openapi/document.ts'
import type { Edit } from '../openapi/document-edits.ts'
import { readLiteral, writeLiteral } from './string-literal.ts'
import { isStarterCall } from './tool-signatures.ts'
import { type PageOptions, rewritePageUrl, rewriteRedirectUrl } from './page-url.ts'
import { applyEdits } from '../text-edits.ts'
import { isPunctuator, readOr, type StringToken, SyntaxFault, type Token } from './token.ts'
import { TokenReader } from './tokenizer.ts'

/** Settings that are an address, of Swagger UI, its wrappers, and Scalar. */
const URLS: ReadonlySet<string> = new Set(['url', 'configUrl', 'oauth2RedirectUrl', 'swaggerUrl', 'specUrl', 'validatorUrl', 'proxyUrl', 'favicon', 'basePath'])
/** Settings that are a list of settings, each of one document. */
const LISTS: ReadonlySet<string> = new Set(['urls', 'swaggerUrls', 'sources'])
/** Settings that hold others. */
const GROUPS: ReadonlySet<string> = new Set(['customOptions', 'swaggerOptions', 'spec', 'pathRouting'])
/** Settings that are the whole document. */
const DOCUMENTS: ReadonlySet<string> = new Set(['swaggerDoc', 'spec', 'content'])

/** What is between two brackets: an object of settings, a list of such, the arguments of a call, an address in parentheses, a text in JSON. */
type Role = 'settings' | 'list' | 'starter' | 'assign' | 'address' | 'json' | undefined

interface Frame {
  opener: string
  role: Role
  /** The property whose value is being read. */
  key: string | undefined
  /** In parentheses, the property whose address is in them. */
  addressKey: string | undefined
}

const CLOSERS: Readonly<Record<string, string>> = { ')': '(', ']': '[', '}': '{' }

/**
 * Rewrites the addresses of the settings in a script that starts one of the tools, and the document in it.
 * Settings are objects that are an argument of the start function or of `Object.assign`, or assigned to a variable, and what
 * these hold under the names of settings; also in JSON for `JSON.parse`. Of an expression, the strings count that an address
 * begins with, and those behind `location.origin` or `location.host`.
 * @returns the edits in order; none for a script that cannot be read
 */
export function rewriteScript (text: string, options: PageOptions): Edit[] {
  return readOr([], () => new ScriptWalk(text, options).run())
}

/** The same for settings in JSON. */
export function rewriteSettings (json: string, options: PageOptions): Edit[] {
  return readOr([], () => new ScriptWalk(json, options, 'starter').run())
}

class ScriptWalk {
  readonly #text: string
  readonly #options: PageOptions
  readonly #reader: TokenReader
  readonly #frames: Frame[]
  readonly #edits: Edit[] = []
  /** The tokens before the current one, the last one first. */
  #before: (Token | undefined)[] = []
  /** Up to here there is no document: it was looked for. */
  #searchedTo = 0

  /** @param role - of the whole text */
  constructor (text: string, options: PageOptions, role?: Role) {
    this.#text = text
    this.#options = options
    this.#reader = new TokenReader(text)
    this.#frames = [{ opener: '', role, key: undefined, addressKey: undefined }]
  }

  run (): Edit[] {
    for (let token = this.#reader.next(); token !== undefined; token = this.#reader.next()) {
      if (token.kind === 'string') this.#visitString(token)
      if (token.kind === 'punctuator') this.#visitPunctuator(token)
      this.#before = [token, ...this.#before.slice(0, 2)]
    }
    if (this.#frames.length > 1) throw new SyntaxFault('a bracket is not closed')
    return this.#edits
  }

  get #frame (): Frame {
    return this.#frames.at(-1)!
  }

  #visitPunctuator (token: Token): void {
    switch (token.text) {
      case '(': return this.#open('(', this.#roleOfParenthesis())
      case '[': return this.#open('[', this.#roleOfBracket())
      case '{': return this.#visitBrace(token)
      case ')': case ']': case '}': return this.#close(CLOSERS[token.text]!)
      case ':': return this.#visitColon()
      case ',': this.#frame.key = undefined
    }
  }

  #open (opener: string, role: Role): void {
    this.#frames.push({ opener, role, key: undefined, addressKey: role === 'address' ? this.#addressKey() : undefined })
  }

  #close (opener: string): void {
    if (this.#frames.pop()?.opener !== opener) throw new SyntaxFault('a bracket is closed that was not opened')
  }

  #visitBrace (token: Token): void {
    const isDocument = this.#isValueOf(DOCUMENTS) && this.#visitDocument(token.start)
    if (!isDocument) this.#open('{', this.#roleOfBrace())
  }

  /** A name or a string behind a brace or a comma is a key; any other colon is part of an expression. */
  #visitColon (): void {
    const [name, before] = this.#before
    const isKey = this.#frame.opener === '{' && (isPunctuator(before, '{') || isPunctuator(before, ','))
    if (isKey && (name?.kind === 'word' || name?.kind === 'string')) this.#frame.key = name.kind === 'string' ? readLiteral(name.text) : name.text
  }

  #roleOfParenthesis (): Role {
    const [name, dot, owner] = this.#before
    if (isStarterCall(this.#before)) return 'starter'
    if (name?.text === 'assign' && dot?.text === '.' && owner?.text === 'Object') return 'assign'
    if (name?.text === 'parse' && dot?.text === '.' && owner?.text === 'JSON') return 'json'
    const isGroup = name?.kind === 'punctuator' && !/^[)\]}]$/.test(name.text)
    return this.#isInAddress() && (isGroup || name?.text === 'URL') ? 'address' : undefined
  }

  #roleOfBracket (): Role {
    return this.#isValueOf(LISTS) || (this.#frame.role === 'starter' && this.#isAtStart()) ? 'list' : undefined
  }

  #roleOfBrace (): Role {
    const [last, name] = this.#before
    const { role } = this.#frame
    const isMember = (role === 'starter' || role === 'assign' || role === 'list') && this.#isAtStart()
    const isAssigned = isPunctuator(last, '=') && name?.kind === 'word'
    return isMember || isAssigned || this.#isValueOf(GROUPS) ? 'settings' : undefined
  }

  /** Whether what comes is all of an argument or an element. */
  #isAtStart (): boolean {
    const [last] = this.#before
    return last === undefined || isPunctuator(last, '(') || isPunctuator(last, '[') || isPunctuator(last, ',')
  }

  /** Whether what comes is the value of one of these settings. */
  #isValueOf (names: ReadonlySet<string>): boolean {
    const { role, key } = this.#frame
    return role === 'settings' && key !== undefined && names.has(key) && isPunctuator(this.#before[0], ':')
  }

  #isInAddress (): boolean {
    const { role, key } = this.#frame
    return role === 'address' || (role === 'settings' && key !== undefined && URLS.has(key))
  }

  /** @returns whether there is a document, which is passed over then */
  #visitDocument (start: number): boolean {
    if (start < this.#searchedTo) return false
    const end = this.#reader.findObjectEnd()
    const source = this.#text.slice(start, end)
    this.#searchedTo = end
    if (!looksLikeDocument(source)) return false
    const text = rewriteDocument(source, 'json', this.#documentOptions())
    if (text !== undefined) this.#edits.push({ start, end, text })
    this.#reader.skipObject(end)
    return true
  }

  /** swagger-ui-express gives its document the address `/`. */
  #documentOptions (): PageOptions {
    return this.#frame.key === 'swaggerDoc' ? { ...this.#options, documentPath: '/' } : this.#options
  }

  #visitString (token: StringToken): void {
    const value = readLiteral(token.text)
    const result = this.#rewriteString(value)
    if (result !== undefined && result !== value) this.#edits.push({ start: token.start, end: token.end, text: writeLiteral(result, token.quote) })
  }

  #rewriteString (value: string): string | undefined {
    if (this.#frame.role === 'json' && this.#isAtStart()) return applyEdits(value, rewriteSettings(value, this.#options))
    if (this.#isValueOf(DOCUMENTS)) return rewriteDocument(value, value.trimStart().startsWith('{') ? 'json' : 'yaml', this.#documentOptions())
    if (this.#isBehindOrigin()) return rewritePageUrl(value, this.#options)
    if (!this.#isAddress()) return undefined
    return this.#addressKey() === 'oauth2RedirectUrl' ? rewriteRedirectUrl(value, this.#options) : rewritePageUrl(value, this.#options)
  }

  /** Whether an address begins with the string that comes. */
  #isAddress (): boolean {
    const [last, name, dot] = this.#before
    if (last?.kind !== 'punctuator') return false
    if (this.#isInAddress()) return /^(?::|\|\||\?\??|\()$/.test(last.text)
    if (this.#frame.role === 'starter') return last.text === '('
    return last.text === '=' && name?.text === 'url' && dot?.text !== '.'
  }

  /** `location.origin + '/docs'`. Where no address is expected, a variable that is only called `origin` may be any. */
  #isBehindOrigin (): boolean {
    const [last, name, dot] = this.#before
    return isPunctuator(last, '+') && (name?.text === 'origin' || name?.text === 'host') && (isPunctuator(dot, '.') || this.#isInAddress())
  }

  /** Parentheses have the key of what is around them. */
  #addressKey (): string | undefined {
    const { role, key, addressKey } = this.#frame
    return role === 'address' ? addressKey : key
  }
}
