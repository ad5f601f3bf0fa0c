import t from 'tap'
import { IndexedSet, NOT_IN_SET } from '../../../lib/collections/indexed-set.ts'

t.test('a deleted member leaves no gap, and adding or deleting twice has no effect', async t => {
  const set = new IndexedSet()
  const [first, second, third] = [{ setIndex: NOT_IN_SET }, { setIndex: NOT_IN_SET }, { setIndex: NOT_IN_SET }]
  for (const member of [first, second, third, second]) set.add(member)
  t.strictSame([set.size, ...set], [3, first, second, third])
  set.delete(first)
  set.delete(first)
  t.strictSame([...set], [third, second])
  set.delete(second)
  t.strictSame([...set], [third])
  set.add(first)
  set.delete(third)
  t.strictSame([set.size, ...set], [1, first])
  t.strictSame([first.setIndex, second.setIndex, third.setIndex], [0, NOT_IN_SET, NOT_IN_SET])
})

t.test('members deleted during an iteration do not make it skip others', async t => {
  const set = new IndexedSet()
  const members = Array.from({ length: 4 }, () => ({ setIndex: NOT_IN_SET }))
  for (const member of members) set.add(member)
  const seen: object[] = []
  for (const member of set) {
    seen.push(member)
    set.delete(member)
  }
  t.strictSame([seen.length, new Set(seen).size, set.size], [4, 4, 0])
})
