import { type PlainToken, type Quote, type StringToken, SyntaxFault, type Token } from './token.ts'

/**
 * The tokens of JavaScript, and of JSON, which is a part of it, one by one. Comments are left out.
 * Where a slash could begin a regular expression or divide, the token before it decides; that may err, as after the
 * parenthesis of an `if`, but not in what the tools of API documents write.
 */
export class TokenReader {
  readonly #text: string
  #position = 0
  #last: Token | undefined
  /** What a template's chunk brings along. */
  readonly #queue: Token[] = []
  /** For each template that is open, the number of braces that are open in its expression. */
  readonly #templates: number[] = []

  constructor (text: string) {
    this.#text = text
  }

  /**
   * @returns `undefined` at the end
   * @throws SyntaxFault for a string, a comment or a template without end
   */
  next (): Token | undefined {
    this.#last = this.#queue.shift() ?? this.#read()
    return this.#last
  }

  /**
   * Where the object ends whose brace was read last, behind its closing one. Quicker than its tokens: only strings and braces count.
   * @throws SyntaxFault when it has no end
   */
  findObjectEnd (): number {
    const start = this.#position
    for (let depth = 1; depth > 0;) {
      const found = this.#find(/["'`{}]/g)
      if (found === '{') depth++
      else if (found === '}') depth--
      else this.#skipString(found as Quote)
    }
    const end = this.#position
    this.#position = start
    return end
  }

  /** Goes on behind the object whose brace was read last. */
  skipObject (end: number): void {
    this.#position = end
    this.#countBraces('}')
  }

  #read (): Token | undefined {
    this.#skipBlank()
    const start = this.#position
    const character = this.#text[start]
    if (character === undefined) return this.#end()
    if (character === '"' || character === "'") return this.#readString(character)
    if (character === '`') return this.#readChunk()
    if (character === '}' && this.#templates.at(-1) === 0) return this.#resumeTemplate()
    const word = this.#match(WORD)
    if (word !== undefined) return { kind: 'word', start, end: this.#position, text: word }
    if (character === '/' && this.#mayBeRegex()) return this.#readRegex()
    const text = this.#match(PUNCTUATOR)!
    this.#countBraces(text)
    return { kind: 'punctuator', start, end: this.#position, text }
  }

  #end (): undefined {
    if (this.#templates.length > 0) throw new SyntaxFault('a template has no end')
  }

  #skipBlank (): void {
    for (;;) {
      this.#match(/\s+/y)
      const opening = this.#match(/\/[/*]|<!--/y)
      if (opening === undefined) return
      this.#skipComment(this.#position - opening.length)
    }
  }

  /** `<!--` is a comment of one line in a script (ECMAScript, B.1.1). */
  #skipComment (start: number): void {
    this.#position = start
    if (!this.#text.startsWith('/*', start)) {
      this.#match(/.*/y)
      return
    }
    const end = this.#text.indexOf('*/', start + 2)
    if (end === -1) throw new SyntaxFault('a comment has no end')
    this.#position = end + 2
  }

  #readString (quote: '"' | "'"): StringToken {
    this.#position++
    const start = this.#position
    this.#skipString(quote)
    const end = this.#position - 1
    return { kind: 'string', quote, start, end, text: this.#text.slice(start, end) }
  }

  /** Behind the quote that ends it. */
  #skipString (quote: Quote): void {
    for (;;) {
      const found = this.#find(STRING_STOPS[quote])
      if (found === quote) return
      if (found !== '\\') throw new SyntaxFault('a string goes over the end of its line')
      this.#position++
    }
  }

  /** A slash in square brackets does not end it. */
  #readRegex (): PlainToken {
    const start = this.#position++
    for (let isInClass = false; ;) {
      const found = this.#find(isInClass ? /[\\\]\n\r]/g : /[\\/[\n\r]/g)
      if (found === '/') break
      if (found === '\\') this.#position++
      else if (found === '[' || found === ']') isInClass = found === '['
      else throw new SyntaxFault('a regular expression goes over the end of its line')
    }
    this.#match(/\w*/y)
    return { kind: 'regex', start, end: this.#position, text: '' }
  }

  /** From a backtick, or from the brace that ends an expression. */
  #readChunk (): StringToken {
    this.#position++
    const start = this.#position
    for (;;) {
      const found = this.#find(/[\\`]|\$\{/g)
      if (found === '\\') {
        this.#position++
        continue
      }
      if (found === '${') this.#openExpression()
      const end = found === '${' ? this.#position - 2 : this.#position - 1
      return { kind: 'string', quote: '`', start, end, text: this.#text.slice(start, end) }
    }
  }

  #openExpression (): void {
    this.#templates.push(0)
    this.#queue.push(this.#plus())
  }

  #resumeTemplate (): Token {
    this.#templates.pop()
    const plus = this.#plus()
    const chunk = this.#readChunk()
    this.#queue.unshift(chunk)
    return plus
  }

  #plus (): PlainToken {
    return { kind: 'punctuator', start: this.#position, end: this.#position, text: '+' }
  }

  #countBraces (text: string): void {
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

  /** Goes behind the next match, wherever it is. */
  #find (pattern: RegExp): string {
    pattern.lastIndex = this.#position
    const found = pattern.exec(this.#text)
    if (found === null) throw new SyntaxFault('the script ends too soon')
    this.#position = pattern.lastIndex
    return found[0]
  }

  /** Goes behind what is here, if it matches. */
  #match (pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#position
    const found = pattern.exec(this.#text)?.[0]
    this.#position += found?.length ?? 0
    return found
  }
}

const WORD = /[\w$\u0080-\uffff]+/y
const PUNCTUATOR = /\|\||&&|\?\?|\?\.|=>|[=!]==?|\.\.\.|[^]/y
const STRING_STOPS: Readonly<Record<Quote, RegExp>> = { '"': /["\\\n\r]/g, "'": /['\\\n\r]/g, '`': /[`\\]/g }

/** A word behind which a value begins. */
const KEYWORD = /^(?:await|case|delete|do|else|in|instanceof|of|new|return|throw|typeof|void|yield)$/
