import safeRegex from 'safe-regex2'
import { isAmbiguous } from './ambiguity.ts'
import { buildAutomaton } from './automaton.ts'
import { type PatternNode, type Token, parse, tokenize } from './parse.ts'

/**
 * Characters and classes in one repetition. The cost of the check grows with the fourth power; rewrites are far below.
 */
const MAX_POSITIONS = 100

const UNPROVABLE =
  'for which no bound of its time can be proven: write it without lookaround and back references'
const TOO_LONG =
  `repeats a group of more than ${MAX_POSITIONS} characters, too many to prove a bound of its time: make it shorter`
const AMBIGUOUS =
  'can run for exponential time: what it repeats can match the same text in two ways, ' +
  'so let each way start with another character'
const NESTED =
  'can run for exponential time: it repeats a repetition, or has more than 25 of them, ' +
  'so write them one after the other, as in "([^/]+)/([^/]+)"'

/**
 * Why a pattern may not be run on what a client sends: it can take exponential time, or this cannot be ruled out.
 * Two checks: safe-regex2's for nested repetitions, and an exact one, because `(a|ab?b?)*` or `(a|a)*` nest nothing.
 * A pattern that passes can still take polynomial time.
 * @param source - of a pattern that compiles without flags
 * @returns the danger and the remedy; `undefined` for a safe pattern
 */
export function findDanger (source: string): string | undefined {
  const tokens = tokenize(source)
  const unsupported = tokens.find(({ kind }) => kind === 'unsupported')
  if (unsupported !== undefined) return `uses ${unsupported.text}, ${UNPROVABLE}`
  for (const loop of findLoops(parse(tokens))) {
    const positions = buildAutomaton(loop)
    if (positions.length > MAX_POSITIONS) return TOO_LONG
    if (isAmbiguous(positions)) return AMBIGUOUS
  }
  const isFlat = safeRegex(tokens.map(withoutOption).join(''))
  return isFlat ? undefined : NESTED
}

/** The outermost repetitions: only what is repeated can be exponential. */
function findLoops (node: PatternNode): PatternNode[] {
  switch (node.type) {
    case 'assertion':
    case 'atom': return []
    case 'sequence': return node.items.flatMap(findLoops)
    case 'choice': return node.options.flatMap(findLoops)
    case 'repeat': return node.max > 1 ? [node] : findLoops(node.body)
  }
}

/** safe-regex2 takes `?` for a repetition and would refuse `(/.*)?` and `.*?`. */
function withoutOption ({ kind, text }: Token): string {
  if (kind !== 'quantifier') return text
  return text.startsWith('?') ? '' : text.replace('?', '')
}
