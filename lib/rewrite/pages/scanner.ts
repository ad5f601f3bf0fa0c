import { type Quote, ScriptSyntaxError } from './token.ts'

const STRING_STOPS: Readonly<Record<Quote, RegExp>> = { '"': /["\\\n\r]/g, "'": /['\\\n\r]/g, '`': /[`\\]/g }

/** A position in a JavaScript text, and how it moves over the parts that are not tokens of their own. */
export class Scanner {
  readonly text: string
  position = 0

  constructor (text: string) {
    this.text = text
  }

  /** Moves behind what is here, if it matches. @param pattern - sticky */
  match (pattern: RegExp): string | undefined {
    pattern.lastIndex = this.position
    const found = pattern.exec(this.text)?.[0]
    this.position += found?.length ?? 0
    return found
  }

  /**
   * Moves behind the next match, wherever it is.
   * @param pattern - global
   * @throws ScriptSyntaxError when there is none
   */
  find (pattern: RegExp): string {
    pattern.lastIndex = this.position
    const found = pattern.exec(this.text)
    if (found === null) throw new ScriptSyntaxError('the script ends too soon')
    this.position = pattern.lastIndex
    return found[0]
  }

  skipBlank (): void {
    for (;;) {
      this.match(/\s+/y)
      const opening = this.match(/\/[/*]|<!--/y)
      if (opening === undefined) return
      this.#skipComment(this.position - opening.length)
    }
  }

  /** `<!--` is a comment of one line in a script (ECMAScript, B.1.1). */
  #skipComment (start: number): void {
    this.position = start
    if (!this.text.startsWith('/*', start)) {
      this.match(/.*/y)
      return
    }
    const end = this.text.indexOf('*/', start + 2)
    if (end === -1) throw new ScriptSyntaxError('a comment has no end')
    this.position = end + 2
  }

  /** From inside a string to behind its closing quote. */
  skipString (quote: Quote): void {
    for (;;) {
      const found = this.find(STRING_STOPS[quote])
      if (found === quote) return
      if (found !== '\\') throw new ScriptSyntaxError('a string extends over the end of its line')
      this.position++
    }
  }

  /** From the slash of a regular expression to behind its flags. A slash in square brackets does not end it. */
  skipRegex (): void {
    this.position++
    for (let isInClass = false; ;) {
      const found = this.find(isInClass ? /[\\\]\n\r]/g : /[\\/[\n\r]/g)
      if (found === '/') break
      if (found === '\\') this.position++
      else if (found === '[' || found === ']') isInClass = found === '['
      else throw new ScriptSyntaxError('a regular expression extends over the end of its line')
    }
    this.match(/\w*/y)
  }

  /**
   * The end of the object that was entered last, behind its closing brace; stays where it is. Quicker than reading
   * tokens: only strings and braces count.
   * @throws ScriptSyntaxError when it has no end
   */
  findObjectEnd (): number {
    const start = this.position
    for (let depth = 1; depth > 0;) {
      const found = this.find(/["'`{}]/g)
      if (found === '{') depth++
      else if (found === '}') depth--
      else this.skipString(found as Quote)
    }
    const end = this.position
    this.position = start
    return end
  }
}
