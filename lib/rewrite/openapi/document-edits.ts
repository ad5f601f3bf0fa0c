import { applyEdits, type Span, type TextEdit } from '../text-edits.ts'
import type { ArrayNode, Entry, Item, Node, ObjectNode, ScalarNode } from './node.ts'
import { quote, writeScalar } from './scalar.ts'

/** The changes to one document, collected in any order; what is not changed stays byte for byte. */
export class DocumentEdits {
  readonly #text: string
  /** By start: a node that several YAML aliases refer to is changed once; the first edit wins. */
  readonly #edits = new Map<number, TextEdit>()

  constructor (text: string) {
    this.#text = text
  }

  /** Gives a scalar another value; no edit when it has it already. */
  setString (node: ScalarNode, value: string): void {
    if (node.value === value) return
    this.#add({ start: node.start, end: node.end, text: writeScalar(value, node, this.#source(node)) })
  }

  /** Maps a string value; a node of any other kind stays. */
  mapString (node: Node, map: (value: string) => string): void {
    if (node.kind === 'scalar' && typeof node.value === 'string') this.setString(node, map(node.value))
  }

  /**
   * Replaces a value by JSON, which is a flow value in YAML, too.
   * @param span - of the old value; empty where YAML has a key without one
   */
  setValue (span: Span, json: string): void {
    const space = span.start === span.end ? ' ' : ''
    const lineEnd = /\r?\n$/.exec(this.#source(span))?.[0] ?? ''
    this.#add({ start: span.start, end: span.end, text: space + json + lineEnd })
  }

  /** Inserts an element into a list before an existing one. */
  insertItem (list: ArrayNode, before: Item, json: string): void {
    this.#insert(list, before, list.isBlock ? `- ${json}` : json)
  }

  /** Inserts a property into an object before an existing one, with the white space that precedes that one. */
  insertEntry (object: ObjectNode, before: Entry, name: string, json: string): void {
    this.#insert(object, before, `${before.key.style === 'plain' ? name : quote(name)}: ${json}`)
  }

  /**
   * Removes elements of a list or properties of an object, with the comma or the line of each.
   * @param items - all of the collection
   * @param isRemoved - at least one item must remain, or a block would become `null`
   */
  removeItems (items: readonly Item[], isRemoved: (item: Item) => boolean): void {
    let lastKept: Item | undefined
    let firstRemoved: Item | undefined
    for (const item of items) {
      if (isRemoved(item)) {
        firstRemoved ??= item
        continue
      }
      if (firstRemoved !== undefined) this.#add({ start: firstRemoved.start, end: item.start, text: '' })
      firstRemoved = undefined
      lastKept = item
    }
    if (firstRemoved !== undefined) this.#removeTail(lastKept!, items.at(-1)!)
  }

  /** The text with every change; `undefined` when there is none. */
  apply (): string | undefined {
    return applyEdits(this.#text, this.list())
  }

  /** In the order of the text, without those inside a part that is replaced as a whole. */
  list (): TextEdit[] {
    const sorted = [...this.#edits.values()].sort((a, b) => a.start - b.start)
    let position = 0
    return sorted.filter(({ start, end }) => {
      const isOutside = start >= position
      if (isOutside) position = end
      return isOutside
    })
  }

  #add (edit: TextEdit): void {
    if (!this.#edits.has(edit.start)) this.#edits.set(edit.start, edit)
  }

  #source ({ start, end }: Span): string {
    return this.#text.slice(start, end)
  }

  #insert (collection: ObjectNode | ArrayNode, before: Item, source: string): void {
    const { start } = before
    const text = collection.isBlock ? source + this.#lineBreak(start) : `${source},${this.#spaceBefore(start)}`
    this.#add({ start, end: start, text })
  }

  /** To the same column of a new line; a first item may stand behind a dash, which is not repeated. */
  #lineBreak (start: number): string {
    const lineStart = this.#text.lastIndexOf('\n', start - 1) + 1
    const lineEnd = this.#text.includes('\r\n') ? '\r\n' : '\n'
    return lineEnd + this.#text.slice(lineStart, start).replace('\ufeff', '').replace(/\S/g, ' ')
  }

  #spaceBefore (start: number): string {
    return /\s*$/.exec(this.#text.slice(Math.max(0, start - 200), start))![0]
  }

  /** The last items have none behind them, but a comma before the first. */
  #removeTail ({ end: start }: Item, { end }: Item): void {
    // A block scalar ends behind its line: then whole lines are removed.
    const isLineStart = this.#text[start - 1] === '\n'
    this.#add({ start, end: isLineStart ? this.#findNextLine(end) : this.#withoutLineEnd(end), text: '' })
  }

  #findNextLine (position: number): number {
    if (this.#text[position - 1] === '\n') return position
    const index = this.#text.indexOf('\n', position)
    return index === -1 ? this.#text.length : index + 1
  }

  #withoutLineEnd (position: number): number {
    if (this.#text[position - 1] !== '\n') return position
    return this.#text[position - 2] === '\r' ? position - 2 : position - 1
  }
}
