import { readFileSync } from 'node:fs'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import blankSpace from 'ts-blank-space'
import ts from 'typescript'

// A module loader for scripts/trace-request.mjs: TypeScript without its types, and with a call of
// `globalThis.enterFunction` at the entry of every function.

const ROOT = fileURLToPath(new URL('../', import.meta.url))

export async function load (url, context, nextLoad) {
  if (!url.startsWith('file:') || !url.endsWith('.ts') || url.includes('/node_modules/')) return nextLoad(url, context)
  const path = fileURLToPath(url)
  const source = instrument(readFileSync(path, 'utf8'), relative(ROOT, path))
  return { format: 'module', shortCircuit: true, source: `${blankSpace(source)}\n//# sourceURL=${url}` }
}

/** @param file - as the calls name it */
function instrument (source, file) {
  const tree = ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true)
  const insertions = []

  function visit (node) {
    const call = `globalThis.enterFunction(${JSON.stringify(file)}, ${JSON.stringify(nameOf(node))})`
    // An overload and a method of an interface have no body.
    if (ts.isFunctionLike(node) && node.body !== undefined) {
      if (ts.isBlock(node.body)) insert(node.body.getStart() + 1, `${call};`)
      else wrap(node.body, call)
    } else if (hasFieldValue(node)) {
      // A class without a constructor runs these.
      wrap(node.initializer, call)
    }
    ts.forEachChild(node, visit)
  }

  function wrap (expression, call) {
    insert(expression.getStart(), `(${call}, `)
    insert(expression.end, ')')
  }

  function insert (at, text) {
    insertions.push({ at, text, nth: insertions.length })
  }

  visit(tree)
  // From the end, so that the places before stay where they are.
  insertions.sort((a, b) => b.at - a.at || b.nth - a.nth)
  return insertions.reduce((text, { at, text: inserted }) => text.slice(0, at) + inserted + text.slice(at), source)
}

function hasFieldValue (node) {
  if (!ts.isPropertyDeclaration(node) || node.initializer === undefined) return false
  return !ts.isFunctionLike(node.initializer) && !isStatic(node)
}

function isStatic (node) {
  return node.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.StaticKeyword) ?? false
}

/** The name of a function, or of what it is given to: `onRequest`, `Pool.pick`, `once(…)`. */
function nameOf (node) {
  const own = ts.isConstructorDeclaration(node) ? 'constructor' : node.name?.getText()
  if (own !== undefined && ts.isClassLike(node.parent)) return `${node.parent.name?.getText() ?? 'class'}.${own}`
  if (own !== undefined) return own
  const { parent } = node
  if (parent === undefined) return ''
  const isValue = ts.isPropertyAssignment(parent) || ts.isPropertyDeclaration(parent)
  if (ts.isVariableDeclaration(parent) || isValue) return parent.name.getText()
  if (ts.isBinaryExpression(parent)) return parent.left.getText()
  if (ts.isCallExpression(parent)) return `${parent.expression.getText().split('.').at(-1)}(…)`
  return '(anonymous)'
}
