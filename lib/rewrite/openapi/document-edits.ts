import type { ArrayNode, Entry, Item, ObjectNode, ScalarNode, Span } from './node.ts'
import { quote, writeScalar } from './scalar.ts'

/** A part of the text that gets another; an empty part is an insertion. */
export interface Edit extends Span {
  text: string
}

/** The changes to one text, collected in any order; what is not changed stays byte for byte. */
export class Edits {
  readonly #text: string
  /** By place: a node that YAML aliases lead to several times is changed once, as it was asked first. */
  readonly #edits = new Map<number, Edit>()

  constructor (text: string) {
    this.#text = text
  }

  /** Gives a scalar another value; none, when it has it already. */
  setString (node: ScalarNode, value: string): void {
    if (node.value === value) return
    this.#add({ start: node.start, end: node.end, text: writeScalar(value, node, this.#source(node)) })
  }

  /**
   * Puts a flow value, which JSON and YAML share, in the place of another.
   * @param place - of the old value; empty where YAML has a key without one
   */
  setValue (place: Span, json: string): void {
    const space = place.start === place.end ? ' ' : ''
    const ending = /\r?\n$/.exec(this.#source(place))?.[0] ?? ''
    this.#add({ start: place.start, end: place.end, text: space + json + ending })
  }

  /** Adds an element to a list before one that is there. */
  insertItem (list: ArrayNode, before: Item, json: string): void {
    this.#insert(list, before, list.isBlock ? `- ${json}` : json)
  }

  /** Adds a property to an object before one that is there, with the white space that precedes that one. */
  insertEntry (object: ObjectNode, before: Entry, name: string, json: string): void {
    this.#insert(object, before, `${before.key.style === 'plain' ? name : quote(name)}: ${json}`)
  }

  /**
   * Removes members of a list or an object, with the comma or the line of each.
   * @param members - all of it
   * @param isGone - says which; at least one must remain, or a block would become `null`
   */
  removeMembers (members: readonly Item[], isGone: (item: Item) => boolean): void {
    let lastKept: Item | undefined
    let firstGone: Item | undefined
    for (const member of members) {
      if (isGone(member)) {
        firstGone ??= member
        continue
      }
      if (firstGone !== undefined) this.#add({ start: firstGone.start, end: member.start, text: '' })
      firstGone = undefined
      lastKept = member
    }
    if (firstGone !== undefined) this.#removeTail(lastKept!, members.at(-1)!)
  }

  /** The text with every change; `undefined` when there is none. */
  apply (): string | undefined {
    if (this.#edits.size === 0) return undefined
    const parts: string[] = []
    let position = 0
    for (const { start, end, text } of this.list()) {
      parts.push(this.#text.slice(position, start), text)
      position = end
    }
    parts.push(this.#text.slice(position))
    return parts.join('')
  }

  /** In the order of the text, without those inside a part that goes as a whole. */
  list (): Edit[] {
    const sorted = [...this.#edits.values()].sort((a, b) => a.start - b.start)
    let position = 0
    return sorted.filter(({ start, end }) => {
      const isOutside = start >= position
      if (isOutside) position = end
      return isOutside
    })
  }

  #add (edit: Edit): void {
    if (!this.#edits.has(edit.start)) this.#edits.set(edit.start, edit)
  }

  #source ({ start, end }: Span): string {
    return this.#text.slice(start, end)
  }

  #insert (collection: ObjectNode | ArrayNode, before: Item, member: string): void {
    const { start } = before
    const text = collection.isBlock ? `${member}${this.#lineBreak(start)}` : `${member},${this.#spaceBefore(start)}`
    this.#add({ start, end: start, text })
  }

  /** To the same column of a new line; a first member may stand behind a dash, which is not repeated. */
  #lineBreak (start: number): string {
    const lineStart = this.#text.lastIndexOf('\n', start - 1) + 1
    const ending = this.#text.includes('\r\n') ? '\r\n' : '\n'
    return ending + this.#text.slice(lineStart, start).replace('\ufeff', '').replace(/\S/g, ' ')
  }

  #spaceBefore (start: number): string {
    return /\s*$/.exec(this.#text.slice(Math.max(0, start - 200), start))![0]
  }

  /** Those at the end have no member behind them, but a comma before the first. */
  #removeTail ({ end: start }: Item, { end }: Item): void {
    // A block scalar ends behind its line: what goes then are whole lines.
    const isLineStart = this.#text[start - 1] === '\n'
    this.#add({ start, end: isLineStart ? this.#nextLine(end) : this.#withoutLineEnd(end), text: '' })
  }

  #nextLine (position: number): number {
    if (this.#text[position - 1] === '\n') return position
    const index = this.#text.indexOf('\n', position)
    return index === -1 ? this.#text.length : index + 1
  }

  #withoutLineEnd (position: number): number {
    if (this.#text[position - 1] !== '\n') return position
    return this.#text[position - 2] === '\r' ? position - 2 : position - 1
  }
}
