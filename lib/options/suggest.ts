/**
 * The known word that a mistyped one was probably meant to be.
 * @returns the nearest by edit distance, ignoring case; `undefined` when none is near (about a third of its letters may
 *   differ)
 */
export function suggest (word: string, known: Iterable<string>): string | undefined {
  let best: string | undefined
  let bestDistance = Infinity
  for (const candidate of known) {
    const distance = measureDistance(word.toLowerCase(), candidate.toLowerCase())
    if (distance >= bestDistance || distance > chooseTolerance(candidate)) continue
    best = candidate
    bestDistance = distance
  }
  return best
}

/** One letter of a short word, for with more any other word would match. */
function chooseTolerance (word: string): number {
  return word.length <= 3 ? 1 : Math.max(2, Math.floor(word.length / 3))
}

/** Levenshtein distance with one row of memory. */
function measureDistance (a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let i = 0; i < a.length; i++) {
    const next = [i + 1]
    for (let j = 0; j < b.length; j++) {
      const substitution = row[j]! + (a[i] === b[j] ? 0 : 1)
      next.push(Math.min(substitution, row[j + 1]! + 1, next[j]! + 1))
    }
    row = next
  }
  return row[b.length]!
}
