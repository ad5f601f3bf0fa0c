import type { Action, Shape } from './shape.ts'
import type { Entry, Node, ObjectNode } from './node.ts'

/** Called for every property that there is something to do with. */
export type Visit = (action: Action, entry: Entry, owner: ObjectNode) => void

/**
 * Goes through a document as its structure says, without recursion. What YAML aliases share is visited once as each kind
 * of object, so neither circles nor "billion laughs" cost more than the text is long.
 */
export function walk (root: Node, shape: Shape, visit: Visit): void {
  const stack: [Node, Shape][] = [[root, shape]]
  const seen = new Map<Node, Set<Shape>>()
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const [node, nodeShape] = next
    if (node.kind === 'scalar' || wasSeen(seen, node, nodeShape)) continue
    if (node.kind === 'array') {
      for (const { value } of node.items) stack.push([value, nodeShape])
      continue
    }
    for (const merged of node.merges) stack.push([merged, nodeShape])
    visitEntries(node, nodeShape, visit, stack)
  }
}

function visitEntries (object: ObjectNode, shape: Shape, visit: Visit, stack: [Node, Shape][]): void {
  for (const entry of object.entries) {
    const name = String(entry.key.value)
    const rule = shape.fields.get(name) ?? (shape.isOther(name) ? shape.others : undefined)
    if (rule?.action !== undefined) visit(rule.action, entry, object)
    if (rule?.shape !== undefined) stack.push([entry.value, rule.shape])
  }
}

function wasSeen (seen: Map<Node, Set<Shape>>, node: Exclude<Node, { kind: 'scalar' }>, shape: Shape): boolean {
  if (node.isShared !== true) return false
  const shapes = seen.get(node) ?? new Set()
  if (shapes.has(shape)) return true
  seen.set(node, shapes.add(shape))
  return false
}
