import t from 'tap'
import { drawBackoff } from '../../../lib/retry/backoff.ts'

const waits: [name: string, retry: number, random: number, expected: number][] = [
  ['the first, shortest', 1, 0, 25],
  ['the first, in the middle', 1, 0.5, 37.5],
  ['the first, longest', 1, 1, 50],
  ['the second, longest', 2, 1, 100],
  ['the third, longest', 3, 1, 200],
  ['the fourth is at the limit', 4, 1, 250],
  ['a later one, shortest', 5, 0, 25],
  ['however many there were', 5000, 1, 250],
]

for (const [name, retry, random, expected] of waits) {
  t.test(`wait: ${name}`, async t => t.equal(drawBackoff(retry, () => random), expected))
}

t.test('waits are spread over all of their range, and none is outside of 25 to 250 ms', async t => {
  const random = seeded(42)
  for (let retry = 1; retry <= 6; retry++) {
    const ceiling = Math.min(250, 25 * 2 ** retry)
    const quarters = [0, 0, 0, 0]
    for (let draw = 0; draw < 4000; draw++) {
      const wait = drawBackoff(retry, random)
      if (wait < 25 || wait > ceiling) t.fail(`${wait} ms for retry ${retry}`)
      quarters[Math.floor((wait - 25) / (ceiling - 25) * 4)]! += 1
    }
    t.ok(quarters.every(count => Math.abs(count - 1000) < 120), `retry ${retry}: ${quarters}`)
  }
})

/** Numbers from 0 up to 1, the same at every run: a linear congruential generator with the constants of Numerical Recipes. */
function seeded (state: number): () => number {
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}
