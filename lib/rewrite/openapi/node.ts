import type { Span } from '../text-edits.ts'

/** How a scalar is written; `flow-plain` is a plain one inside `[]` or `{}`, where more characters are syntax. */
export type ScalarStyle = 'json' | 'plain' | 'flow-plain' | 'single' | 'block'

export interface ScalarNode extends Span {
  kind: 'scalar'
  /** A string only when the document says that it is one. */
  value: unknown
  style: ScalarStyle
}

/** One element of a list; its span is what is removed with it, from the dash of a YAML block on. */
export interface Item extends Span {
  value: Node
  /** Where the value is written: its own span, or that of the alias that refers to it. */
  valueSpan: Span
}

/** One property of an object. */
export interface Entry extends Item {
  key: ScalarNode
}

interface Collection extends Span {
  /** YAML's indented form, with items in lines; JSON and YAML's flow form have commas. */
  isBlock: boolean
  /** Reachable by several ways, through YAML aliases, or even inside itself. */
  isShared?: boolean
}

export interface ArrayNode extends Collection {
  kind: 'array'
  items: Item[]
}

export interface ObjectNode extends Collection {
  kind: 'object'
  /** In order, with repeated keys; the last one counts. */
  entries: Entry[]
  /** Objects that YAML's `<<` merges into it, in order of precedence. */
  merges: ObjectNode[]
}

/** A value of a JSON or YAML document, with its position in the text. */
export type Node = ObjectNode | ArrayNode | ScalarNode

/** Deeper documents are left alone: no author or tool writes them. */
export const MAX_DEPTH = 500

/** The object and all that are merged into it, each once. */
export function withMerges (object: ObjectNode): Set<ObjectNode> {
  const all = new Set([object])
  // The iteration of a set includes what is added meanwhile.
  for (const each of all) each.merges.forEach(merged => all.add(merged))
  return all
}

/** The property of this name that counts: of the object before merged ones, the last before repeated ones. */
export function findEntry (object: Node | undefined, name: string): Entry | undefined {
  if (object?.kind !== 'object') return undefined
  for (const each of withMerges(object)) {
    const entry = each.entries.findLast(({ key }) => key.value === name)
    if (entry !== undefined) return entry
  }
  return undefined
}

export function findValue (object: Node | undefined, name: string): Node | undefined {
  return findEntry(object, name)?.value
}

/** The value of a property that is a string. */
export function findString (object: Node | undefined, name: string): string | undefined {
  const node = findValue(object, name)
  return node?.kind === 'scalar' && typeof node.value === 'string' ? node.value : undefined
}

/** The elements of a list; none of anything else. */
export function itemsOf (node: Node | undefined): readonly Item[] {
  return node?.kind === 'array' ? node.items : []
}

/** The properties of an object, with those merged into it; none of anything else. */
export function entriesOf (node: Node | undefined): readonly Entry[] {
  return node?.kind === 'object' ? [...withMerges(node)].flatMap(({ entries }) => entries) : []
}
