import { Composer, type CST, isAlias, isMap, isScalar, isSeq, type Pair, Parser, type ParsedNode, type Scalar, type YAMLMap, type YAMLSeq } from 'yaml'
import { type ArrayNode, type Entry, type Item, MAX_DEPTH, type Node, type ObjectNode, type ScalarNode, type ScalarStyle, type Span } from './node.ts'

/**
 * Reads a YAML document with the place of every value. An alias of a list or an object leads to the node of its anchor;
 * one of a scalar is a scalar of its own, so that each place can get its own value.
 * About ten times as slow as JSON: a second for a megabyte.
 * @returns `undefined` when the text is not valid, nested too deeply, or several documents
 */
export function readYaml (text: string): Node | undefined {
  const tokens = [...new Parser().parse(text)]
  if (tokens.some(isTooDeep)) return undefined
  // Comparing each key with all others would take quadratic time.
  const documents = [...new Composer({ uniqueKeys: false, keepSourceTokens: true, logLevel: 'silent' }).compose(tokens, true, text.length)]
  const [document] = documents
  if (document === undefined || documents.length > 1 || document.errors.length > 0) return undefined
  const missing = new Set<string>()
  const root = readNode(document.contents, { anchors: new Map(), missing, isFlow: false })
  return missing.size === 0 ? root : undefined
}

/** Before the composer, which calls itself for each level. */
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
  /** What each `&name` last stood for. */
  anchors: Map<string, Node>
  /** Gets the names of aliases that stand for nothing: the composer lets them pass. */
  missing: Set<string>
  isFlow: boolean
}

function readNode (node: ParsedNode | null, context: Context): Node | undefined {
  if (node === null || isAlias(node)) return undefined
  if (isMap(node)) return readMap(node, context)
  return isSeq(node) ? readSequence(node, context) : readScalar(node, context)
}

function readMap (map: YAMLMap.Parsed, context: Context): ObjectNode {
  const node: ObjectNode = { kind: 'object', start: map.range[0], end: map.range[0], isBlock: map.flow !== true, entries: [], merges: [] }
  remember(map.anchor, node, context)
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

/** `<<` of YAML 1.1: version 1.2 knows it no more, but the parsers of API documents do. */
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
  // Removing the entry takes its explicit `?` and the properties of its key along.
  const first = (pair as { srcToken?: CST.CollectionItem }).srcToken?.start.find(({ type }) => OPENING.has(type))
  return { key: asKey(key), start: first?.offset ?? key.place.start, end: value.end, value: value.value, place: value.place }
}

const OPENING: ReadonlySet<string> = new Set(['explicit-key-ind', 'anchor', 'tag'])

/** A key that is no scalar is none that anybody asks for. */
function asKey ({ value, place }: Item): ScalarNode {
  return value.kind === 'scalar' ? value : { kind: 'scalar', ...spanOf(place), value: undefined, style: 'json' }
}

function readSequence (sequence: YAMLSeq.Parsed, context: Context): ArrayNode {
  const node: ArrayNode = { kind: 'array', start: sequence.range[0], end: sequence.range[0], isBlock: sequence.flow !== true, items: [] }
  remember(sequence.anchor, node, context)
  const dashes = (sequence.srcToken as CST.BlockSequence).items.map(({ start }) => start.find(({ type }) => type === 'seq-item-ind')?.offset)
  const inside = { ...context, isFlow: !node.isBlock }
  // Pairs there are only of tags that the core schema does not know.
  for (const [index, each] of (sequence.items).entries()) {
    const item = readItem(each, node.end, inside)
    node.items.push({ ...item, start: dashes[index] ?? item.start })
    node.end = item.end
  }
  if (sequence.flow === true) node.end = sequence.range[1]
  return node
}

/** @param start - where the place of a missing value is */
function readItem (node: ParsedNode | null, start: number, context: Context): Item {
  if (node !== null && isAlias(node)) return readAlias(node.source, { start: node.range[0], end: node.range[1] }, context)
  const value = readNode(node, context) ?? { kind: 'scalar', start, end: start, value: null, style: 'json' }
  return { start: value.start, end: value.end, value, place: value }
}

function readAlias (name: string, place: Span, { anchors, missing }: Context): Item {
  const target = anchors.get(name)
  if (target === undefined) missing.add(name)
  if (target === undefined || target.kind === 'scalar') {
    const value: ScalarNode = { kind: 'scalar', ...place, value: target?.value, style: 'json' }
    return { ...place, value, place }
  }
  target.isShared = true
  return { ...place, value: target, place }
}

function readScalar (scalar: Scalar.Parsed, context: Context): ScalarNode {
  const node: ScalarNode = { kind: 'scalar', start: scalar.range[0], end: scalar.range[1], value: scalar.value, style: styleOf(scalar, context) }
  remember(scalar.anchor, node, context)
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

/** Before what is inside is read: an alias there leads back to it. */
function remember (name: string | undefined, node: Node, { anchors }: Context): void {
  if (name !== undefined) anchors.set(name, node)
}

function spanOf ({ start, end }: Span): Span {
  return { start, end }
}
