import t from 'tap'
import { WaitingLine } from '../../../lib/upstream/waiting-line.ts'

// A letter joins, a letter behind a minus leaves.
const lines: { name: string, steps: string[], expected: string }[] = [
  { name: 'nobody', steps: [], expected: '' },
  { name: 'those who came, in their order', steps: ['b', 'a', 'c'], expected: 'bac' },
  { name: 'those behind the first, when it has left', steps: ['b', 'a', 'c', '-b'], expected: 'ac' },
  { name: 'the others, when one in the middle has left', steps: ['b', 'a', 'c', '-a'], expected: 'bc' },
  { name: 'nobody, when all have left', steps: ['a', 'b', '-b', '-a'], expected: '' },
  { name: 'who comes back, at the end', steps: ['a', 'b', '-a', 'a'], expected: 'ba' },
  { name: 'who joins twice, once and in its place', steps: ['a', 'b', 'a'], expected: 'ab' },
  { name: 'the others, when somebody leaves who was not there', steps: ['a', '-b'], expected: 'a' },
]

for (const { name, steps, expected } of lines) {
  t.test(`there wait ${name}`, async t => {
    const line = new WaitingLine<string>()
    for (const step of steps) {
      if (step.startsWith('-')) line.leave(step.slice(1))
      else line.join(step)
    }
    t.equal(line.length, expected.length)
    let order = ''
    for (let first = line.first; first !== undefined; first = line.first) {
      t.equal(line.first, first, 'looking at the first changes nothing')
      order += first
      line.leave(first)
    }
    t.equal(order, expected)
    t.equal(line.length, 0)
  })
}
