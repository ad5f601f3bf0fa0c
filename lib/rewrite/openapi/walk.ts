import type { Entry, Node, ObjectNode } from './node.ts'
import type { Action, Shape } from './shape.ts'

/** Called for every property that has an action. */
export type Visit = (action: Action, entry: Entry, owner: ObjectNode) => void

/**
 * Visits a document along its shape, without recursion. A node shared by YAML aliases is visited once for each shape,
 * so that neither circles nor "billion laughs" cost more than the length of the text.
 */
export function walk (root: Node, shape: Shape, visit: Visit): void {
  const stack: [Node, Shape][] = [[root, shape]]
  const visited = new Map<Node, Set<Shape>>()
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const [node, nodeShape] = next
    if (node.kind === 'scalar' || wasVisited(visited, node, nodeShape)) continue
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

/** Remembers a shared node, too. */
function wasVisited (
  visited: Map<Node, Set<Shape>>, node: Exclude<Node, { kind: 'scalar' }>, shape: Shape
): boolean {
  if (node.isShared !== true) return false
  const shapes = visited.get(node) ?? new Set()
  if (shapes.has(shape)) return true
  visited.set(node, shapes.add(shape))
  return false
}
