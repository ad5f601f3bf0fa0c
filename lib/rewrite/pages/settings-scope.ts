import { readLiteral } from './string-literal.ts'
import { isPunctuator, ScriptSyntaxError, type Token } from './token.ts'
import { isStarterCall } from './tool-signatures.ts'

/** Settings that are a URL, of Swagger UI, its wrappers, and Scalar. */
const URLS: ReadonlySet<string> = new Set([
  'url', 'configUrl', 'oauth2RedirectUrl', 'swaggerUrl', 'specUrl', 'validatorUrl', 'proxyUrl', 'favicon', 'basePath',
])
/** Settings that are a list of settings, each of one document. */
const LISTS: ReadonlySet<string> = new Set(['urls', 'swaggerUrls', 'sources'])
/** Settings that contain others. */
const GROUPS: ReadonlySet<string> = new Set(['customOptions', 'swaggerOptions', 'spec', 'pathRouting'])
/** Settings that are the whole document. */
const DOCUMENTS: ReadonlySet<string> = new Set(['swaggerDoc', 'spec', 'content'])

/**
 * What a pair of brackets encloses: an object of settings, a list of such, the arguments of a start function, those of
 * `Object.assign`, a URL in parentheses, a text in JSON.
 */
export type Role = 'settings' | 'list' | 'starter' | 'assign' | 'url' | 'json' | undefined

/** What a string is in the settings of a tool. */
export type StringKind = 'json' | 'document' | 'url' | 'redirectUrl' | undefined

interface Frame {
  opener: string
  role: Role
  /** The property that is being read. */
  key: string | undefined
  /** In parentheses, the property that the URL in them belongs to. */
  urlKey: string | undefined
}

const OPENERS: Readonly<Record<string, string>> = { ')': '(', ']': '[', '}': '{' }

/**
 * Knows, token by token, where in a script the settings of a tool are. Settings are objects that are an argument of a
 * start function or of `Object.assign`, or assigned to a variable, and what these contain under the names of settings;
 * also in JSON for `JSON.parse`.
 */
export class SettingsScope {
  readonly #frames: Frame[]
  /** The last three tokens, the last one first. */
  #before: (Token | undefined)[] = []

  /** @param role - of the whole text */
  constructor (role?: Role) {
    this.#frames = [{ opener: '', role, key: undefined, urlKey: undefined }]
  }

  /** Takes the next token into account. @throws ScriptSyntaxError for a bracket that does not match */
  advance (token: Token): void {
    if (token.kind === 'punctuator') this.#visitPunctuator(token.text)
    this.skip(token)
  }

  /** Passes over a token without entering it: a brace, when its object is not read. */
  skip (token: Token): void {
    this.#before = [token, ...this.#before.slice(0, 2)]
  }

  /** @throws ScriptSyntaxError when a bracket is still open */
  end (): void {
    if (this.#frames.length > 1) throw new ScriptSyntaxError('a bracket is not closed')
  }

  /** The property that is being read; `undefined` outside objects. */
  get key (): string | undefined {
    return this.#frame.key
  }

  /** Whether the next token begins a setting that is a whole document. */
  isDocumentNext (): boolean {
    return this.#isValueOf(DOCUMENTS)
  }

  /**
   * What the next token is, if it is a string. Of an expression, the strings count that a URL begins with, and those
   * behind `location.origin` or `location.host`.
   */
  kindOfString (): StringKind {
    if (this.#frame.role === 'json' && this.#isAtStart()) return 'json'
    if (this.isDocumentNext()) return 'document'
    if (this.#isAfterOrigin()) return 'url'
    if (!this.#isUrlStart()) return undefined
    return this.#urlKey() === 'oauth2RedirectUrl' ? 'redirectUrl' : 'url'
  }

  get #frame (): Frame {
    return this.#frames.at(-1)!
  }

  #visitPunctuator (text: string): void {
    switch (text) {
      case '(': return this.#open(text, this.#roleOfParenthesis())
      case '[': return this.#open(text, this.#roleOfBracket())
      case '{': return this.#open(text, this.#roleOfBrace())
      case ')': case ']': case '}': return this.#close(OPENERS[text]!)
      case ':': return this.#visitColon()
      case ',': this.#frame.key = undefined
    }
  }

  #open (opener: string, role: Role): void {
    this.#frames.push({ opener, role, key: undefined, urlKey: role === 'url' ? this.#urlKey() : undefined })
  }

  #close (opener: string): void {
    if (this.#frames.pop()?.opener !== opener) throw new ScriptSyntaxError('a closing bracket matches no open one')
  }

  /** A name or a string behind a brace or a comma is a key; any other colon is part of an expression. */
  #visitColon (): void {
    const [name, before] = this.#before
    const isKey = this.#frame.opener === '{' && (isPunctuator(before, '{') || isPunctuator(before, ','))
    if (!isKey || (name?.kind !== 'word' && name?.kind !== 'string')) return
    this.#frame.key = name.kind === 'string' ? readLiteral(name.text) : name.text
  }

  #roleOfParenthesis (): Role {
    const [name, dot, owner] = this.#before
    if (isStarterCall(this.#before)) return 'starter'
    if (name?.text === 'assign' && dot?.text === '.' && owner?.text === 'Object') return 'assign'
    if (name?.text === 'parse' && dot?.text === '.' && owner?.text === 'JSON') return 'json'
    const isGroup = name?.kind === 'punctuator' && !/^[)\]}]$/.test(name.text)
    return this.#isInUrl() && (isGroup || name?.text === 'URL') ? 'url' : undefined
  }

  #roleOfBracket (): Role {
    return this.#isValueOf(LISTS) || (this.#frame.role === 'starter' && this.#isAtStart()) ? 'list' : undefined
  }

  #roleOfBrace (): Role {
    const [last, name] = this.#before
    const { role } = this.#frame
    const isElement = (role === 'starter' || role === 'assign' || role === 'list') && this.#isAtStart()
    const isAssigned = isPunctuator(last, '=') && name?.kind === 'word'
    return isElement || isAssigned || this.#isValueOf(GROUPS) ? 'settings' : undefined
  }

  /** Whether the next token begins an argument or an element. */
  #isAtStart (): boolean {
    const [last] = this.#before
    return last === undefined || isPunctuator(last, '(') || isPunctuator(last, '[') || isPunctuator(last, ',')
  }

  /** Whether the next token begins the value of one of these settings. */
  #isValueOf (names: ReadonlySet<string>): boolean {
    const { role, key } = this.#frame
    return role === 'settings' && key !== undefined && names.has(key) && isPunctuator(this.#before[0], ':')
  }

  #isInUrl (): boolean {
    const { role, key } = this.#frame
    return role === 'url' || (role === 'settings' && key !== undefined && URLS.has(key))
  }

  /** Whether a URL begins with the next token, if that is a string. */
  #isUrlStart (): boolean {
    const [last, name, dot] = this.#before
    if (last?.kind !== 'punctuator') return false
    if (this.#isInUrl()) return /^(?::|\|\||\?\??|\()$/.test(last.text)
    if (this.#frame.role === 'starter') return last.text === '('
    return last.text === '=' && name?.text === 'url' && dot?.text !== '.'
  }

  /** `location.origin + '/docs'`. Where no URL is expected, a variable that is only called `origin` may be any. */
  #isAfterOrigin (): boolean {
    const [last, name, dot] = this.#before
    const isOrigin = name?.text === 'origin' || name?.text === 'host'
    return isPunctuator(last, '+') && isOrigin && (isPunctuator(dot, '.') || this.#isInUrl())
  }

  /** Parentheses inherit the key from outside. */
  #urlKey (): string | undefined {
    const { role, key, urlKey } = this.#frame
    return role === 'url' ? urlKey : key
  }
}
