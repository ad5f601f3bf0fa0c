import t from 'tap'
import { NOT_QUEUED, type Queued, PendingQueue } from '../../../lib/pool/pending-queue.ts'

// A letter is added, a letter after a minus removed.
const lines: { name: string, steps: string[], expected: string }[] = [
  { name: 'nothing', steps: [], expected: '' },
  { name: 'the entries in their order', steps: ['b', 'a', 'c'], expected: 'bac' },
  { name: 'the entries after the first, when that is removed', steps: ['b', 'a', 'c', '-b'], expected: 'ac' },
  { name: 'the others, when one in the middle is removed', steps: ['b', 'a', 'c', '-a'], expected: 'bc' },
  { name: 'nothing, when all are removed', steps: ['a', 'b', '-b', '-a'], expected: '' },
  { name: 'an entry that is added again, at the end', steps: ['a', 'b', '-a', 'a'], expected: 'ba' },
  { name: 'an entry that is added twice, once and at its position', steps: ['a', 'b', 'a'], expected: 'ab' },
  { name: 'the others, when an entry is removed that was not there', steps: ['a', '-b'], expected: 'a' },
]

for (const { name, steps, expected } of lines) {
  t.test(`in the queue: ${name}`, async t => {
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

t.test('a queue that is never empty keeps its order', async t => {
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
