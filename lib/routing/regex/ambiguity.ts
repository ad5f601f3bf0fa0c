import type { Position } from './automaton.ts'

/**
 * Whether a repetition can match the same text in two ways. Then it can match n such texts in 2^n ways, all of which a
 * backtracking engine tries before it fails (exponential degree of ambiguity, EDA: Weber and Seidl, "On the degree of
 * ambiguity of finite automata", 1991). Follows two runs at once, from where they part until they meet.
 * @param positions - of the repetition; each can be reached from each. Costs up to the fourth power of their number
 */
export function isAmbiguous (positions: readonly Position[]): boolean {
  const pairs = new Pairs(positions)
  for (const { next } of positions) {
    for (const ways of next.values()) if (ways > 1) return true
    pairs.addBoth(next, next)
  }
  for (const [a, b] of pairs.list) {
    if (haveCommonStep(a, b)) return true
    pairs.addBoth(a.next, b.next)
  }
  return false
}

/** Whether two runs at these positions can meet with the next character. */
function haveCommonStep (a: Position, b: Position): boolean {
  return [...a.next.keys()].some(position => b.next.has(position))
}

/** The pairs of different positions that two runs over the same text can be at, each once. */
class Pairs {
  /** Grows while it is iterated over. */
  readonly list: [Position, Position][] = []
  readonly #index: Map<Position, number>
  readonly #seen = new Set<number>()

  constructor (positions: readonly Position[]) {
    this.#index = new Map(positions.map((position, index) => [position, index]))
  }

  addBoth (left: Position['next'], right: Position['next']): void {
    for (const a of left.keys()) {
      for (const b of right.keys()) {
        if (a !== b && (a.symbols & b.symbols) !== 0n) this.#add(a, b)
      }
    }
  }

  #add (a: Position, b: Position): void {
    const i = this.#index.get(a)!
    const j = this.#index.get(b)!
    const key = Math.min(i, j) * this.#index.size + Math.max(i, j)
    if (this.#seen.has(key)) return
    this.#seen.add(key)
    this.list.push([a, b])
  }
}
