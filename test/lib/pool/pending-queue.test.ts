import t from 'tap'
import { NO_TURN, type Waiting, WaitingLine } from '../../../lib/pool/pending-queue.ts'

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
    const line = new WaitingLine<Waiting & { name: string }>()
    const waiters = new Map([...'abc'].map(name => [name, { name, turn: NO_TURN }]))
    for (const step of steps) {
      if (step.startsWith('-')) line.leave(waiters.get(step.slice(1))!)
      else line.join(waiters.get(step)!)
    }
    t.equal(line.length, expected.length)
    let order = ''
    for (let first = line.first; first !== undefined; first = line.first) {
      t.equal(line.first, first, 'looking at the first changes nothing')
      order += first.name
      line.leave(first)
    }
    t.equal(order, expected)
    t.equal(line.length, 0)
  })
}

t.test('a line in which somebody always waits keeps its order', async t => {
  const line = new WaitingLine<Waiting & { number: number }>()
  const expected: number[] = []
  const order: number[] = []
  for (let number = 0; number < 20_000; number++) {
    const waiter = { number, turn: NO_TURN }
    line.join(waiter)
    // Every third gives up in the middle of the line.
    if (number % 3 === 0) line.leave(waiter)
    else expected.push(number)
    if (line.length <= 500) continue
    const { first } = line
    order.push(first!.number)
    line.leave(first!)
  }
  t.strictSame(order, expected.slice(0, order.length))
  t.equal(line.length, expected.length - order.length)
})
