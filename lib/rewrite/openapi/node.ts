/** A part of the document's text: from `start` up to, not including, `end`. */
export interface Span {
  start: number
  end: number
}

/** How a scalar is written; `flow-plain` is a plain one inside `[]` or `{}`, where more characters have a meaning. */
export type ScalarStyle = 'json' | 'plain' | 'flow-plain' | 'single' | 'block'

export interface ScalarNode extends Span {
  kind: 'scalar'
  /** A string only when the document says that it is one. */
  value: unknown
  style: ScalarStyle
}

/** One element of a list; its span is what goes when it is removed, from the dash of a YAML block on. */
export interface Item extends Span {
  value: Node
  /** Where the value stands: its own span, or that of the alias which stands for it. */
  place: Span
}

/** One property of an object. */
export interface Entry extends Item {
  key: ScalarNode
}

interface Collection extends Span {
  /** YAML's indented form, whose members are lines; JSON and YAML's flow form have commas. */
  isBlock: boolean
  /** There may be several ways to it, by YAML aliases, or even a circle. */
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
  /** Objects that YAML's `<<` adds, the most important first. */
  merges: ObjectNode[]
}

/** A value of a JSON or YAML document, with its place in the text. */
export type Node = ObjectNode | ArrayNode | ScalarNode

/** Deeper documents are left alone: nobody writes them by hand or by tool. */
export const MAX_DEPTH = 500

/** The object and all that are merged into it, each once. */
export function withMerges (object: ObjectNode): Set<ObjectNode> {
  const all = new Set([object])
  // A set is iterated with what is added meanwhile.
  for (const each of all) each.merges.forEach(merged => all.add(merged))
  return all
}

/** The property that counts, of those with this name. */
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
