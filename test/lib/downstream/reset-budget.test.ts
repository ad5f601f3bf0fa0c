import t from 'tap'
import { ResetBudget } from '../../../lib/downstream/reset-budget.ts'

/** How many are in order at a time. */
function count (budget: ResetBudget, now: number): number {
  let taken = 0
  while (taken < 5000 && budget.take(now)) taken++
  return taken
}

t.test('a burst is in order, and 25 a second after it', async t => {
  const budget = new ResetBudget(1000)
  t.equal(count(budget, 1000), 800)
  t.notOk(budget.take(1000))
  // What was too much counts, too: who goes on is not forgiven for it.
  t.equal(count(budget, 3080), 50)
})

t.test('a connection that is quiet for long has no more than a burst', async t => {
  const budget = new ResetBudget(0)
  t.equal(count(budget, 3_600_000), 800)
})
