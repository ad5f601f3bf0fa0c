import { isDocumentCandidate } from '../openapi/candidate.ts'
import { rewriteDocument } from '../openapi/document.ts'
import { applyEdits, type TextEdit } from '../text-edits.ts'
import { type PageOptions, rewritePageUrl, rewriteRedirectUrl } from './page-url.ts'
import { type Role, SettingsScope } from './settings-scope.ts'
import { readLiteral, writeLiteral } from './string-literal.ts'
import { isPunctuator, parseOrDefault, type StringToken } from './token.ts'
import { Tokenizer } from './tokenizer.ts'

/**
 * Rewrites the URLs in the settings of a script that starts one of the tools (see `SettingsScope`), and the document in
 * it.
 * @returns the edits in order; none for a script that cannot be read
 */
export function rewriteScript (text: string, options: PageOptions): TextEdit[] {
  return parseOrDefault([], () => new ScriptRewriter(text, options).run())
}

/** The same for settings in JSON. */
export function rewriteSettings (json: string, options: PageOptions): TextEdit[] {
  return parseOrDefault([], () => new ScriptRewriter(json, options, 'starter').run())
}

class ScriptRewriter {
  readonly #text: string
  readonly #options: PageOptions
  readonly #tokenizer: Tokenizer
  readonly #scope: SettingsScope
  readonly #edits: TextEdit[] = []
  /** Up to here no object is a document: nested ones are not searched again, which would take quadratic time. */
  #searchedTo = 0

  /** @param role - of the whole text */
  constructor (text: string, options: PageOptions, role?: Role) {
    this.#text = text
    this.#options = options
    this.#tokenizer = new Tokenizer(text)
    this.#scope = new SettingsScope(role)
  }

  run (): TextEdit[] {
    for (let token = this.#tokenizer.next(); token !== undefined; token = this.#tokenizer.next()) {
      if (token.kind === 'string') this.#visitString(token)
      if (isPunctuator(token, '{') && this.#visitDocument(token.start)) this.#scope.skip(token)
      else this.#scope.advance(token)
    }
    this.#scope.end()
    return this.#edits
  }

  /** @returns whether the object that begins here is a document, which is skipped then */
  #visitDocument (start: number): boolean {
    if (!this.#scope.isDocumentNext() || start < this.#searchedTo) return false
    const end = this.#tokenizer.findObjectEnd()
    const source = this.#text.slice(start, end)
    this.#searchedTo = end
    if (!isDocumentCandidate(source)) return false
    const text = rewriteDocument(source, 'json', this.#documentOptions())
    if (text !== undefined) this.#edits.push({ start, end, text })
    this.#tokenizer.skipObject(end)
    return true
  }

  #visitString ({ text, quote, start, end }: StringToken): void {
    const value = readLiteral(text)
    const result = this.#rewriteString(value)
    if (result !== undefined && result !== value) this.#edits.push({ start, end, text: writeLiteral(result, quote) })
  }

  #rewriteString (value: string): string | undefined {
    switch (this.#scope.kindOfString()) {
      case 'json': return applyEdits(value, rewriteSettings(value, this.#options))
      case 'document': return rewriteDocument(value, formatOf(value), this.#documentOptions())
      case 'url': return rewritePageUrl(value, this.#options)
      case 'redirectUrl': return rewriteRedirectUrl(value, this.#options)
      case undefined: return undefined
    }
  }

  /** The document of swagger-ui-express has no address of its own: its path counts as `/`. */
  #documentOptions (): PageOptions {
    return this.#scope.key === 'swaggerDoc' ? { ...this.#options, documentPath: '/' } : this.#options
  }
}

function formatOf (document: string): 'json' | 'yaml' {
  return document.trimStart().startsWith('{') ? 'json' : 'yaml'
}
