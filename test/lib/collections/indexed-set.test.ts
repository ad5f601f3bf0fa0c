import t from 'tap'
import { NO_SLOT, Slots } from '../../../lib/collections/indexed-set.ts'

t.test('whoever leaves makes no gap, and joins and leaves once', async t => {
  const slots = new Slots()
  const [first, second, third] = [{ slot: NO_SLOT }, { slot: NO_SLOT }, { slot: NO_SLOT }]
  for (const member of [first, second, third, second]) slots.add(member)
  t.strictSame([slots.size, ...slots], [3, first, second, third])
  slots.delete(first)
  slots.delete(first)
  t.strictSame([...slots], [third, second])
  slots.delete(second)
  t.strictSame([...slots], [third])
  slots.add(first)
  slots.delete(third)
  t.strictSame([slots.size, ...slots], [1, first])
  t.strictSame([first.slot, second.slot, third.slot], [0, NO_SLOT, NO_SLOT])
})

t.test('whoever leaves while they are gone through is not passed over for another', async t => {
  const slots = new Slots()
  const members = Array.from({ length: 4 }, () => ({ slot: NO_SLOT }))
  for (const member of members) slots.add(member)
  const seen: object[] = []
  for (const member of slots) {
    seen.push(member)
    slots.delete(member)
  }
  t.strictSame([seen.length, new Set(seen).size, slots.size], [4, 4, 0])
})
