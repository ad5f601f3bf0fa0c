import {
  Composer, type CST, isAlias, isMap, isScalar, isSeq, type Pair, type ParsedNode, Parser, type Scalar, type YAMLMap,
  type YAMLSeq,
} from 'yaml'
import type { Span } from '../text-edits.ts'
import {
  type ArrayNode, type Entry, type Item, MAX_DEPTH, type Node, type ObjectNode, type ScalarNode, type ScalarStyle,
} from './node.ts'

/**
 * Reads a YAML document with the position of every value. An alias of a list or an object leads to the node of its
 * anchor; one of a scalar is a scalar of its own, so that each position can get its own value.
 * About ten times as slow as JSON: a second for a megabyte.
 * @returns `undefined` when the text is not valid, nested too deeply, or several documents
 */
export function readYaml (text: string): Node | undefined {
  const tokens = [...new Parser().parse(text)]
  if (tokens.some(isTooDeep)) return undefined
  // Comparing each key with all others would take quadratic time.
  const composer = new Composer({ uniqueKeys: false, keepSourceTokens: true, logLevel: 'silent' })
  const [document, ...others] = composer.compose(tokens, true, text.length)
  if (document === undefined || others.length > 0 || document.errors.length > 0) return undefined
  const missing = new Set<string>()
  const root = readNode(document.contents, { anchors: new Map(), missing, isFlow: false })
  return missing.size === 0 ? root : undefined
}

/** Checked before the composer runs, which recurses once per level. */
function isTooDeep (root: CST.Token): boolean {
  const stack: [CST.Token, number][] = [[root, 0]]
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const [token, depth] = next
    if (depth > MAX_DEPTH) return true
    for (const child of childrenOf(token)) stack.push([child, depth + 1])
  }
  return false
}

function childrenOf (token: CST.Token): CST.Token[] {
  if (token.type === 'document') return token.value === undefined ? [] : [token.value]
  if (!('items' in token)) return []
  return token.items.flatMap(({ key, value }: CST.CollectionItem) => [key, value].filter(child => child != null))
}

interface Context {
  /** The last node of each anchor, `&name`. */
  anchors: Map<string, Node>
  /** Collects the names of aliases without an anchor: the composer lets them pass. */
  missing: Set<string>
  isFlow: boolean
}

function readNode (node: ParsedNode | null, context: Context): Node | undefined {
  if (node === null || isAlias(node)) return undefined
  if (isMap(node)) return readMap(node, context)
  return isSeq(node) ? readSequence(node, context) : readScalar(node, context)
}

function readMap (map: YAMLMap.Parsed, context: Context): ObjectNode {
  const [start] = map.range
  const node: ObjectNode = { kind: 'object', start, end: start, isBlock: map.flow !== true, entries: [], merges: [] }
  registerAnchor(map.anchor, node, context)
  const inside = { ...context, isFlow: !node.isBlock }
  for (const pair of map.items) {
    const entry = readEntry(pair, inside)
    if (isMerge(pair)) node.merges.push(...mergedObjects(entry.value))
    else node.entries.push(entry)
    node.end = Math.max(node.end, entry.end)
  }
  if (map.flow === true) node.end = map.range[1]
  return node
}

/** `<<` of YAML 1.1: version 1.2 dropped it, but the parsers of API documents still honour it. */
function isMerge ({ key }: Pair): boolean {
  return isScalar(key) && key.value === '<<' && key.type === 'PLAIN'
}

/** One object, or a list of them. */
function mergedObjects (value: Node): ObjectNode[] {
  const values = value.kind === 'array' ? value.items.map(item => item.value) : [value]
  const objects = values.filter(each => each.kind === 'object')
  objects.forEach(object => { object.isShared = true })
  return objects
}

function readEntry (pair: Pair<ParsedNode, ParsedNode | null>, context: Context): Entry {
  const key = readItem(pair.key, pair.key.range[0], context)
  const value = readItem(pair.value, key.end, context)
  // Removing the entry removes its explicit `?` and the properties of its key, too.
  const first = (pair as { srcToken?: CST.CollectionItem }).srcToken?.start.find(({ type }) => OPENING.has(type))
  return { ...value, key: asKey(key), start: first?.offset ?? key.valueSpan.start }
}

const OPENING: ReadonlySet<string> = new Set(['explicit-key-ind', 'anchor', 'tag'])

/** A key that is not a scalar matches no property name. */
function asKey ({ value, valueSpan: { start, end } }: Item): ScalarNode {
  return value.kind === 'scalar' ? value : { kind: 'scalar', start, end, value: undefined, style: 'json' }
}

function readSequence (sequence: YAMLSeq.Parsed, context: Context): ArrayNode {
  const [start] = sequence.range
  const node: ArrayNode = { kind: 'array', start, end: start, isBlock: sequence.flow !== true, items: [] }
  registerAnchor(sequence.anchor, node, context)
  const tokens = (sequence.srcToken as CST.BlockSequence).items
  const dashes = tokens.map(({ start }) => start.find(({ type }) => type === 'seq-item-ind')?.offset)
  const inside = { ...context, isFlow: !node.isBlock }
  // The items are no pairs: those come only from tags that the core schema does not know.
  for (const [index, each] of sequence.items.entries()) {
    const item = readItem(each, node.end, inside)
    node.items.push({ ...item, start: dashes[index] ?? item.start })
    node.end = item.end
  }
  if (sequence.flow === true) node.end = sequence.range[1]
  return node
}

/** @param start - position of a missing value */
function readItem (node: ParsedNode | null, start: number, context: Context): Item {
  if (node !== null && isAlias(node)) {
    return readAlias(node.source, { start: node.range[0], end: node.range[1] }, context)
  }
  const value = readNode(node, context) ?? { kind: 'scalar', start, end: start, value: null, style: 'json' }
  return { start: value.start, end: value.end, value, valueSpan: value }
}

function readAlias (name: string, span: Span, { anchors, missing }: Context): Item {
  const target = anchors.get(name)
  if (target === undefined) missing.add(name)
  if (target === undefined || target.kind === 'scalar') {
    const value: ScalarNode = { kind: 'scalar', ...span, value: target?.value, style: 'json' }
    return { ...span, value, valueSpan: span }
  }
  target.isShared = true
  return { ...span, value: target, valueSpan: span }
}

function readScalar (scalar: Scalar.Parsed, context: Context): ScalarNode {
  const [start, end] = scalar.range
  const node: ScalarNode = { kind: 'scalar', start, end, value: scalar.value, style: styleOf(scalar, context) }
  registerAnchor(scalar.anchor, node, context)
  return node
}

function styleOf ({ type }: Scalar, { isFlow }: Context): ScalarStyle {
  switch (type) {
    case 'PLAIN': return isFlow ? 'flow-plain' : 'plain'
    case 'QUOTE_SINGLE': return 'single'
    case 'BLOCK_FOLDED':
    case 'BLOCK_LITERAL': return 'block'
    case 'QUOTE_DOUBLE':
    case undefined: return 'json'
  }
}

/** Called before the content of a node is read: an alias inside may refer back to it. */
function registerAnchor (name: string | undefined, node: Node, { anchors }: Context): void {
  if (name !== undefined) anchors.set(name, node)
}
