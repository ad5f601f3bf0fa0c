import t from 'tap'
import { NOT_QUEUED, type Queued, PendingQueue } from '../../../lib/pool/pending-queue.ts'

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
    const queue = new PendingQueue<Queued & { name: string }>()
    const waiters = new Map([...'abc'].map(name => [name, { name, position: NOT_QUEUED }]))
    for (const step of steps) {
      if (step.startsWith('-')) queue.remove(waiters.get(step.slice(1))!)
      else queue.add(waiters.get(step)!)
    }
    t.equal(queue.length, expected.length)
    let order = ''
    for (let first = queue.first; first !== undefined; first = queue.first) {
      t.equal(queue.first, first, 'looking at the first changes nothing')
      order += first.name
      queue.remove(first)
    }
    t.equal(order, expected)
    t.equal(queue.length, 0)
  })
}

t.test('a line in which somebody always waits keeps its order', async t => {
  const queue = new PendingQueue<Queued & { number: number }>()
  const expected: number[] = []
  const order: number[] = []
  for (let number = 0; number < 20_000; number++) {
    const waiter = { number, position: NOT_QUEUED }
    queue.add(waiter)
    // Every third gives up in the middle of the queue.
    if (number % 3 === 0) queue.remove(waiter)
    else expected.push(number)
    if (queue.length <= 500) continue
    const { first } = queue
    order.push(first!.number)
    queue.remove(first!)
  }
  t.strictSame(order, expected.slice(0, order.length))
  t.equal(queue.length, expected.length - order.length)
})
