import t from 'tap'
import { createRendezvous, hashText } from '../../../lib/balancer/rendezvous.ts'
import { countPicks, createRandom, offShare, poolOf, wideOf } from './pool.ts'

const KEYS = Array.from({ length: 10_000 }, (_, index) => `203.0.${index >> 8}.${index & 255}`)
const balancer = createRendezvous(createRandom(15))

type Pool = ReturnType<typeof poolOf>

const assign = (pool: Pool): string[] => KEYS.map(key => balancer.pick(pool, key)!.name)
const countMoved = (before: string[], after: string[], isOurs = (_name: string) => true): number =>
  before.filter((name, index) => isOurs(name) && after[index] !== name).length
const countKeys = (pool: Pool) => countPicks(KEYS.length, index => balancer.pick(pool, KEYS[index]))

for (let count = 2; count <= 10; count++) {
  t.test(`one of ${count} that is removed loses only its own keys, and they go to all others`, async t => {
    const pool = wideOf(count)
    const before = assign(pool)
    for (const leaving of pool) {
      const after = assign(pool.filter(candidate => candidate !== leaving))
      t.equal(countMoved(before, after, name => name !== leaving.name), 0, `keys of others than ${leaving.name}`)
      t.equal(new Set(after).size, count - 1)

      leaving.share = 0
      t.equal(countMoved(after, assign(pool)), 0, 'share 0 is the same')
      leaving.share = 1
    }
    t.equal(countMoved(before, assign(pool)), 0, 'who returns gets its keys back')
  })
}

const shares: { name: string, shares: Record<string, number> }[] = [
  { name: 'two', shares: { a: 1, b: 1 } },
  { name: 'ten', shares: Object.fromEntries([...'abcdefghij'].map(name => [name, 1])) },
  { name: '3:1:1', shares: { a: 3, b: 1, c: 1 } },
  { name: '3:1:1 with the first out', shares: { a: 0, b: 1, c: 1 } },
  { name: '100:1', shares: { a: 100, b: 1 } },
  { name: 'fractions', shares: { a: 0.6, b: 0.2, c: 0.2 } },
]

for (const { name, shares: expected } of shares) {
  t.test(`keys are spread by the shares: ${name}`, async t => {
    t.strictSame(offShare(countKeys(poolOf(expected)), expected, 0.015), {})
  })
}

t.test('keys of every kind are spread evenly', async t => {
  const kinds: Record<string, (index: number) => string> = {
    numbers: String,
    sessions: index => hashText(`s${index}`).toString(36),
    'long ones with one end': index => `${index}${'x'.repeat(200)}`,
    'long ones with one beginning': index => `${'x'.repeat(200)}${index}`,
    'beyond Latin-1': index => `ключ${String.fromCharCode(0x400 + index)}`,
  }
  const pool = wideOf(5)
  for (const [kind, keyOf] of Object.entries(kinds)) {
    const counts = countPicks(10_000, index => balancer.pick(pool, keyOf(index)))
    t.strictSame(offShare(counts, { u0: 1, u1: 1, u2: 1, u3: 1, u4: 1 }, 0.015), {}, kind)
  }
})

t.test('a weight that grows takes keys from the others, and moves none between them', async t => {
  const pool = poolOf({ a: 1, b: 1, c: 1 })
  const before = assign(pool)
  pool[0]!.share = 3
  const after = assign(pool)
  const movedTo = new Set(after.filter((name, index) => name !== before[index]))
  t.strictSame(movedTo, new Set(['a']))
  const moved = countMoved(before, after)
  t.ok(Math.abs(moved / KEYS.length - (3 / 5 - 1 / 3)) < 0.015, `${moved} of 10000`)
})

t.test('the order of the candidates does not matter', async t => {
  const pool = poolOf({ a: 3, b: 1, c: 1 })
  t.equal(countMoved(assign(pool), assign([...pool].reverse())), 0)
})

t.test('a request without a key goes to anyone, by the weights', async t => {
  const pool = poolOf({ a: 3, b: 1, c: 0 })
  t.strictSame(offShare(countPicks(20_000, () => balancer.pick(pool, undefined)), { a: 3, b: 1 }, 0.01), {})
})

t.test('an empty pool has no pick', async t => {
  for (const key of ['k', undefined]) {
    t.equal(balancer.pick([], key), undefined)
    t.equal(balancer.pick(poolOf({ a: 0, b: 0 }), key), undefined)
  }
})

t.test('1,000 candidates all get keys', async t => {
  t.ok(Object.keys(countKeys(wideOf(1000))).length > 990)
})

const hashes: { text: string, hash: number }[] = [
  { text: '', hash: -1421968373 },
  { text: 'a', hash: 444641715 },
  { text: 'http://10.0.0.5:8001', hash: -1369397206 },
]

for (const { text, hash } of hashes) {
  t.test(`the hash of ${JSON.stringify(text)} is the same in every release: gateways agree while they are updated`, async t => {
    t.equal(hashText(text), hash)
  })
}
