import type { PatternNode } from './parse.ts'

/** A part of a pattern that matches one character: a state of its position automaton (Glushkov 1961). */
export interface Position {
  /** The characters that it matches: bit n is the character with code n. A request's path has no code above 255. */
  symbols: bigint
  /** The positions that can follow, and in how many ways; more than two count as two. */
  next: Ways
}

type Ways = Map<Position, number>

/** Part of a pattern, as its neighbours see it. */
interface Fragment {
  /** In how many ways it matches the empty text. */
  empty: number
  /** Positions that a match can start with. */
  first: Ways
  /** Positions that a match can end with. */
  last: Ways
}

const NOTHING: Fragment = { empty: 1, first: new Map(), last: new Map() }

/**
 * The automaton of part of a pattern. It counts the ways from a position to the next, whereas Glushkov's records only
 * that there is one: as a language `(a*)*` is harmless, but an engine that tries every way takes exponential time.
 *
 * A counted repetition becomes an unbounded one: `(a|a){30}` fails after 2^30 steps without being exponential in the
 * input.
 * @returns its positions
 */
export function buildAutomaton (node: PatternNode): Position[] {
  const positions: Position[] = []
  build(node, positions)
  return positions
}

function build (node: PatternNode, positions: Position[]): Fragment {
  switch (node.type) {
    case 'assertion': return NOTHING
    case 'atom': return createPosition(node.source, positions)
    case 'sequence': return node.items.map(item => build(item, positions)).reduce(concatenate, NOTHING)
    case 'choice': return node.options.map(option => build(option, positions)).reduce(alternate)
    case 'repeat': return node.max === 0 ? NOTHING : repeat(build(node.body, positions), node.min, node.max)
  }
}

function createPosition (source: string, positions: Position[]): Fragment {
  const position: Position = { symbols: findSymbols(source), next: new Map() }
  positions.push(position)
  return { empty: 0, first: new Map([[position, 1]]), last: new Map([[position, 1]]) }
}

/** Tests every character with the engine itself, which knows all escapes and classes. */
function findSymbols (source: string): bigint {
  const atom = new RegExp(`^${source}$`)
  let symbols = 0n
  for (let code = 0; code < 256; code++) {
    if (atom.test(String.fromCharCode(code))) symbols |= 1n << BigInt(code)
  }
  return symbols
}

function concatenate (a: Fragment, b: Fragment): Fragment {
  connect(a.last, b.first, 1)
  return {
    empty: cap(a.empty * b.empty),
    first: add(a.first, b.first, a.empty),
    last: add(b.last, a.last, b.empty),
  }
}

function alternate (a: Fragment, b: Fragment): Fragment {
  return { empty: cap(a.empty + b.empty), first: add(a.first, b.first, 1), last: add(a.last, b.last, 1) }
}

/**
 * An empty round ends a repetition, unless it is one of the required `min` rounds (ECMA-262, RepeatMatcher): those can
 * be anywhere among the others, and each arrangement is a way of its own.
 */
function repeat (body: Fragment, min: number, max: number): Fragment {
  const { empty, first, last } = body
  if (max === 1) return min === 1 ? body : { empty: 1, first, last }
  connect(last, first, empty > 0 && min > 1 ? 2 : 1)
  const starts = min > 0 ? add(first, first, empty) : first
  return { empty: min > 0 ? empty : 1, first: starts, last }
}

function connect (from: Ways, to: Ways, times: number): void {
  for (const [position, leaving] of from) {
    for (const [next, entering] of to) {
      position.next.set(next, cap((position.next.get(next) ?? 0) + leaving * entering * times))
    }
  }
}

/** The sum of `a` and `times` times `b`. */
function add (a: Ways, b: Ways, times: number): Ways {
  if (times === 0) return a
  const sum = new Map(a)
  for (const [position, ways] of b) sum.set(position, cap((sum.get(position) ?? 0) + ways * times))
  return sum
}

function cap (ways: number): number {
  return Math.min(ways, 2)
}
