import t from 'tap'
import { NOT_IN_SET } from '../../../lib/collections/indexed-set.ts'
import { Deadlines, resolutionFor, type Watched } from '../../../lib/collections/deadlines.ts'
import { createClock } from '../dispatch/fakes.ts'

const watch = (deadline: number): Watched & { expired: number[] } => {
  const expired: number[] = []
  return { deadline, expired, setIndex: NOT_IN_SET, expire: now => { expired.push(now) } }
}

t.test('what is due expires, at every look until it is moved or forgotten', async t => {
  const clock = createClock()
  const deadlines = new Deadlines(clock.now, 10)
  t.teardown(() => deadlines.close())
  const [due, later, never] = [watch(1000), watch(1001), watch(Infinity)]
  for (const watched of [due, later, never]) deadlines.add(watched)
  deadlines.tick()
  deadlines.tick()
  due.deadline = Infinity
  deadlines.tick()
  t.strictSame([due.expired, later.expired, never.expired], [[1000, 1000], [], []])
  clock.advance(1)
  deadlines.delete(later)
  deadlines.tick()
  t.strictSame(later.expired, [])
  t.equal([...deadlines].length, 2)
})

t.test('something may be forgotten while others expire', async t => {
  const deadlines = new Deadlines(() => 1, 10)
  t.teardown(() => deadlines.close())
  const second = watch(0)
  deadlines.add({ deadline: 0, setIndex: NOT_IN_SET, expire: () => deadlines.delete(second) })
  deadlines.add(second)
  deadlines.tick()
  t.strictSame(second.expired, [])
})

t.test('one that another has given more time does not expire', async t => {
  const deadlines = new Deadlines(() => 1, 10)
  t.teardown(() => deadlines.close())
  const second = watch(0)
  deadlines.add({ deadline: 0, setIndex: NOT_IN_SET, expire: () => { second.deadline = 2 } })
  deadlines.add(second)
  deadlines.tick()
  t.strictSame(second.expired, [])
})

t.test('one timer serves all, from the first to the look after the last', async t => {
  const looks: (() => void)[] = []
  const started = t.capture(globalThis, 'setInterval', (look: () => void) => {
    looks.push(look)
    return { unref: () => looks.length }
  })
  const stopped = t.capture(globalThis, 'clearInterval', (() => {}) as typeof clearInterval)
  const deadlines = new Deadlines(() => 0, 10)
  const watched = watch(Infinity)
  t.equal(started().length, 0, 'not before there is something to watch')

  deadlines.add(watched)
  deadlines.add(watch(Infinity))
  looks[0]!()
  t.match(started(), [{ args: [Function, 10] }], 'one timer, at its resolution')
  t.equal(stopped().length, 0)

  const single = new Deadlines(() => 0, 10)
  const other = watch(Infinity)
  single.add(other)
  single.delete(other)
  t.equal(stopped().length, 0, 'the last may be followed by another')
  looks[1]!()
  t.match(stopped(), [{ args: [2] }])
  single.add(watched)
  t.equal(looks.length, 3, 'and it starts again')
  deadlines.close()
  t.match(stopped(), [{ args: [1] }])
})

t.test('the timer of a watched deadline does not keep the process alive', async t => {
  const deadlines = new Deadlines(() => 0, 10)
  const before = process.getActiveResourcesInfo().filter(name => name === 'Timeout').length
  deadlines.add(watch(Infinity))
  t.equal(process.getActiveResourcesInfo().filter(name => name === 'Timeout').length, before)
  deadlines.close()
})

const resolutions: [name: string, durations: number[], expected: number][] = [
  ['a tenth of the shortest', [60_000, 5000], 500],
  ['0 is none and does not count', [0, 3000, 0], 300],
  ['at least 10 ms', [1], 10],
  ['at most a second', [60_000], 1000],
  ['a second when there is none', [], 1000],
]

for (const [name, durations, expected] of resolutions) {
  t.test(`resolution: ${name}`, async t => t.equal(resolutionFor(durations), expected))
}

t.test('where nothing else does, the timer keeps the process alive: as long as something is watched', async t => {
  const timers = () => process.getActiveResourcesInfo().filter(name => name === 'Timeout').length
  const before = timers()
  const deadlines = new Deadlines(() => 0, 10, true)
  const watched = watch(Infinity)
  t.equal(timers(), before, 'not before there is something')
  deadlines.add(watched)
  t.equal(timers(), before + 1)
  deadlines.tick()
  t.equal(timers(), before + 1)
  deadlines.delete(watched)
  deadlines.tick()
  t.equal(timers(), before, 'nor behind the last')
  deadlines.add(watched)
  t.equal(timers(), before + 1, 'and again')
  deadlines.close()
  t.equal(timers(), before)
})
