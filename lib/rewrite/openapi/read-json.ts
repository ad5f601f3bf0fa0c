import jsonc, { type JSONScanner } from 'jsonc-parser'
import { type ArrayNode, MAX_DEPTH, type Node, type ObjectNode, type ScalarNode } from './node.ts'

/** Of `jsonc-parser`'s `SyntaxKind`, a const enum that is erased with its types. */
const OPEN_BRACE = 1
const CLOSE_BRACE = 2
const OPEN_BRACKET = 3
const CLOSE_BRACKET = 4
const COMMA = 5
const COLON = 6
const STRING = 10
const NUMBER = 11

/** A collection that is being read, and the key whose value comes next. */
interface Open { node: ObjectNode | ArrayNode, key: ScalarNode | undefined }

/**
 * Reads JSON (RFC 8259) with the position of every value. Linear, and without recursion.
 * @returns `undefined` when the text is not valid or nested too deeply
 */
export function readJson (text: string): Node | undefined {
  const start = text.startsWith('\ufeff') ? 1 : 0
  if (!isJson(text.slice(start))) return undefined
  const scanner = jsonc.createScanner(text, true)
  scanner.setPosition(start)
  return readTokens(scanner)
}

/** The engine's own parser is the quickest and strictest check; after it the tokens can be trusted. */
function isJson (text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

function readTokens (scanner: JSONScanner): Node | undefined {
  const stack: Open[] = []
  for (;;) {
    const kind: number = scanner.scan()
    if (kind === COMMA || kind === COLON || readKey(scanner, kind, stack.at(-1))) continue
    if (kind === OPEN_BRACE || kind === OPEN_BRACKET) {
      if (stack.push({ node: openCollection(scanner, kind), key: undefined }) > MAX_DEPTH) return undefined
      continue
    }
    const isClosing = kind === CLOSE_BRACE || kind === CLOSE_BRACKET
    const node = isClosing ? closeCollection(scanner, stack) : readScalar(scanner, kind)
    const parent = stack.at(-1)
    if (parent === undefined) return node
    addValue(parent, node)
  }
}

/** In an object, a string without a key before it is the key. */
function readKey (scanner: JSONScanner, kind: number, parent: Open | undefined): boolean {
  if (kind !== STRING || parent?.node.kind !== 'object' || parent.key !== undefined) return false
  parent.key = readScalar(scanner, kind)
  return true
}

function openCollection (scanner: JSONScanner, kind: number): ObjectNode | ArrayNode {
  const span = { start: scanner.getTokenOffset(), end: -1, isBlock: false }
  if (kind === OPEN_BRACKET) return { kind: 'array', ...span, items: [] }
  return { kind: 'object', ...span, entries: [], merges: [] }
}

function closeCollection (scanner: JSONScanner, stack: Open[]): Node {
  const { node } = stack.pop()!
  node.end = scanner.getPosition()
  return node
}

function readScalar (scanner: JSONScanner, kind: number): ScalarNode {
  const value = kind === STRING ? scanner.getTokenValue() : kind === NUMBER ? Number(scanner.getTokenValue()) : null
  return { kind: 'scalar', start: scanner.getTokenOffset(), end: scanner.getPosition(), value, style: 'json' }
}

function addValue (parent: Open, value: Node): void {
  const { node, key } = parent
  if (node.kind === 'array') node.items.push({ start: value.start, end: value.end, value, valueSpan: value })
  else node.entries.push({ key: key!, start: key!.start, end: value.end, value, valueSpan: value })
  parent.key = undefined
}
