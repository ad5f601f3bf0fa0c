import t from 'tap'
import { isAmbiguous } from '../../../../lib/routing/regex/ambiguity.ts'
import { buildAutomaton } from '../../../../lib/routing/regex/automaton.ts'
import { type PatternNode, parse, tokenize } from '../../../../lib/routing/regex/parse.ts'

// The verdict against the cost itself: the steps of a backtracking matcher, written down from ECMA-262's
// semantics, on every word of up to five letters, repeated, in patterns that chance has made.

const TOO_MANY = new Error('more steps than the limit')

/**
 * Steps until the pattern, followed by something that never matches, gives up on a text; `limit` when there are more.
 */
function countSteps (pattern: PatternNode, text: string, limit: number): number {
  let steps = 0
  const step = () => { if (++steps === limit) throw TOO_MANY }

  function run (node: PatternNode, at: number, then: (at: number) => void): void {
    step()
    switch (node.type) {
      case 'assertion': return then(at)
      case 'atom': if (at < text.length && new RegExp(`^${node.source}$`).test(text[at]!)) then(at + 1); return
      case 'sequence': return runAll(node.items, at, then)
      case 'choice': for (const option of node.options) run(option, at, then); return
      case 'repeat': return runRepeat(node.body, node.min, node.max, at, then)
    }
  }

  function runAll (nodes: PatternNode[], at: number, then: (at: number) => void): void {
    const [first, ...rest] = nodes
    if (first === undefined) return then(at)
    run(first, at, next => runAll(rest, next, then))
  }

  function runRepeat (body: PatternNode, min: number, max: number, at: number, then: (at: number) => void): void {
    if (max > 0) {
      run(body, at, next => {
        if (min === 0 && next === at) return
        runRepeat(body, Math.max(0, min - 1), max - 1, next, then)
      })
    }
    if (min === 0) then(at)
  }

  try {
    run(pattern, 0, step)
  } catch (error) {
    if (error !== TOO_MANY) throw error
  }
  return steps
}

const words = [1, 2, 3, 4, 5].flatMap(length => Array.from({ length: 2 ** length }, (_, number) =>
  number.toString(2).padStart(length, '0').replaceAll('0', 'a').replaceAll('1', 'b')))

/**
 * Twice the text takes a few times the steps when the growth is polynomial, and their square when it is exponential.
 */
function explodes (pattern: PatternNode): boolean {
  return words.some(word => {
    const times = Math.floor(12 / word.length) + 3
    const once = countSteps(pattern, word.repeat(times), 100_000)
    return once === 100_000 || countSteps(pattern, word.repeat(times * 2), once * 40) === once * 40
  })
}

/** Numerical Recipes' generator: the same patterns in every run. */
function createRandom (seed: number): (below: number) => number {
  return below => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
    return Math.floor(seed / 2 ** 32 * below)
  }
}

function createPattern (random: (below: number) => number, depth: number): string {
  const part = () => createPattern(random, depth - 1)
  switch (depth === 0 ? 0 : random(5)) {
    case 0: return ['a', 'b', '.', '[ab]', ''][random(5)]!
    case 1: return part() + part()
    case 2: return `(?:${part()}|${part()})`
    case 3: return `(?:${part()})?`
    default: return `(?:${part()})${'*+'[random(2)]}`
  }
}

t.test('a repetition is called ambiguous exactly when a backtracking matcher explodes on it', async t => {
  const random = createRandom(1)
  const counts = { explode: 0, pass: 0 }
  for (let run = 0; run < 250; run++) {
    const source = `(?:${createPattern(random, 4)})*`
    const pattern = parse(tokenize(source))
    const explosive = explodes(pattern)
    if (isAmbiguous(buildAutomaton(pattern)) !== explosive) t.fail(source, { explosive })
    counts[explosive ? 'explode' : 'pass']++
  }
  t.ok(counts.explode > 40 && counts.pass > 40, 'both verdicts are common', counts)
})

t.test('a repetition that has to match something is never passed over', async t => {
  t.equal(isAmbiguous(buildAutomaton(parse(tokenize('(?:a+b|b)*')))), false)
  t.equal(isAmbiguous(buildAutomaton(parse(tokenize('(?:a*b|b)*')))), true)
})
