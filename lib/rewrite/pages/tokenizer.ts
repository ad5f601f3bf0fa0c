import { Scanner } from './scanner.ts'
import { type PlainToken, ScriptSyntaxError, type StringToken, type Token } from './token.ts'

const WORD = /[\w$\u0080-\uffff]+/y
const PUNCTUATOR = /\|\||&&|\?\?|\?\.|=>|[=!]==?|\.\.\.|[^]/y

/** A word behind which a value begins. */
const KEYWORD = /^(?:await|case|delete|do|else|in|instanceof|of|new|return|throw|typeof|void|yield)$/

/**
 * Tokens of JavaScript, and of JSON, which is a part of it, one by one. Comments are left out.
 * Where a slash could begin a regular expression or divide, the token before it decides; that may err, as after the
 * parenthesis of an `if`, but not in the scripts of API document tools.
 */
export class Tokenizer {
  readonly #scanner: Scanner
  #last: Token | undefined
  /** Tokens that were read along with a template's chunk. */
  readonly #queue: Token[] = []
  /** For each open template, the number of open braces in its expression. */
  readonly #templates: number[] = []

  constructor (text: string) {
    this.#scanner = new Scanner(text)
  }

  /**
   * @returns `undefined` at the end
   * @throws ScriptSyntaxError for a string, a comment or a template without end
   */
  next (): Token | undefined {
    this.#last = this.#queue.shift() ?? this.#read()
    return this.#last
  }

  /**
   * The end of the object that the last token, a brace, has opened: behind its closing brace.
   * @throws ScriptSyntaxError when it has no end
   */
  findObjectEnd (): number {
    return this.#scanner.findObjectEnd()
  }

  /** Continues behind the object that the last token has opened. @param end - from `findObjectEnd` */
  skipObject (end: number): void {
    this.#scanner.position = end
    this.#countBrace('}')
  }

  #read (): Token | undefined {
    const scanner = this.#scanner
    scanner.skipBlank()
    const start = scanner.position
    const character = scanner.text[start]
    if (character === undefined) return this.#end()
    if (character === '"' || character === "'") return this.#readString(character)
    if (character === '`') return this.#readChunk()
    if (character === '}' && this.#templates.at(-1) === 0) return this.#resumeTemplate()
    const word = scanner.match(WORD)
    if (word !== undefined) return { kind: 'word', start, end: scanner.position, text: word }
    if (character === '/' && this.#mayBeRegex()) return this.#readRegex()
    const text = scanner.match(PUNCTUATOR)!
    this.#countBrace(text)
    return { kind: 'punctuator', start, end: scanner.position, text }
  }

  #end (): undefined {
    if (this.#templates.length > 0) throw new ScriptSyntaxError('a template has no end')
  }

  #readString (quote: '"' | "'"): StringToken {
    const start = ++this.#scanner.position
    this.#scanner.skipString(quote)
    return this.#stringToken(quote, start, this.#scanner.position - 1)
  }

  #readRegex (): PlainToken {
    const start = this.#scanner.position
    this.#scanner.skipRegex()
    return { kind: 'regex', start, end: this.#scanner.position, text: '' }
  }

  /** From a backtick, or from the brace that ends an expression, up to the next expression or the end. */
  #readChunk (): StringToken {
    const scanner = this.#scanner
    const start = ++scanner.position
    for (;;) {
      const found = scanner.find(/[\\`]|\$\{/g)
      if (found === '\\') {
        scanner.position++
        continue
      }
      if (found === '${') this.#openExpression()
      return this.#stringToken('`', start, scanner.position - found.length)
    }
  }

  #openExpression (): void {
    this.#templates.push(0)
    this.#queue.push(this.#plusToken())
  }

  #resumeTemplate (): Token {
    this.#templates.pop()
    const plus = this.#plusToken()
    const chunk = this.#readChunk()
    this.#queue.unshift(chunk)
    return plus
  }

  #stringToken (quote: StringToken['quote'], start: number, end: number): StringToken {
    return { kind: 'string', quote, start, end, text: this.#scanner.text.slice(start, end) }
  }

  #plusToken (): PlainToken {
    return { kind: 'punctuator', start: this.#scanner.position, end: this.#scanner.position, text: '+' }
  }

  #countBrace (text: string): void {
    const depth = this.#templates.length - 1
    if (depth < 0) return
    if (text === '{') this.#templates[depth]!++
    if (text === '}') this.#templates[depth]!--
  }

  #mayBeRegex (): boolean {
    if (this.#last === undefined) return true
    const { kind, text } = this.#last
    return kind === 'word' ? KEYWORD.test(text) : kind === 'punctuator' && !/^[)\]}]$/.test(text)
  }
}
