import t from 'tap'
import { RewriteCache } from '../../../lib/rewrite/rewrite-cache.ts'

/** With a key of one letter, an entry occupies `OVERHEAD` and its bytes. */
const entryOf = (byteLength: number) => ({ byteLength })
const OVERHEAD = 513

/** The keys that are cached; marks them as used in this order. */
const known = (cache: RewriteCache<{ byteLength: number }>, keys: string) => {
  const found = keys.split('').filter(key => cache.get(key) !== undefined)
  return found.join('')
}

t.test('it returns what was set, also null', async t => {
  const cache = new RewriteCache<{ byteLength: number }>(10_000)
  const entry = entryOf(10)
  cache.set('a', entry)
  cache.set('b', null)
  t.equal(cache.get('a'), entry)
  t.equal(cache.get('b'), null)
  t.equal(cache.get('c'), undefined)
})

t.test('the least recently used entry is evicted first', async t => {
  const cache = new RewriteCache<{ byteLength: number }>(3 * (OVERHEAD + 100))
  for (const key of 'abc') cache.set(key, entryOf(100))
  cache.get('a')
  cache.set('d', entryOf(100))
  t.equal(known(cache, 'abcd'), 'acd')
})

t.test('as many entries are evicted as necessary', async t => {
  const cache = new RewriteCache<{ byteLength: number }>(3 * (OVERHEAD + 100))
  for (const key of 'abc') cache.set(key, entryOf(100))
  cache.set('d', entryOf(2 * (OVERHEAD + 100) - OVERHEAD))
  t.equal(known(cache, 'abcd'), 'cd')
})

t.test('an entry larger than the cache is not kept, and evicts nothing', async t => {
  const cache = new RewriteCache<{ byteLength: number }>(OVERHEAD + 1000)
  cache.set('a', entryOf(10))
  cache.set('b', entryOf(1001))
  t.equal(known(cache, 'ab'), 'a')
  cache.set('c', entryOf(1000))
  t.equal(known(cache, 'ac'), 'c', 'what just fits does')
})

t.test('a key that is set again counts once', async t => {
  const cache = new RewriteCache<{ byteLength: number }>(2 * (OVERHEAD + 100))
  const last = entryOf(100)
  for (let i = 0; i < 5; i++) cache.set('a', entryOf(100))
  cache.set('b', entryOf(100))
  cache.set('a', last)
  t.equal(known(cache, 'ab'), 'ab')
  t.equal(cache.get('a'), last)
})

t.test('a long key counts, also with null', async t => {
  const cache = new RewriteCache(100_000)
  const keys = Array.from({ length: 1000 }, (_, index) => `${index}${'x'.repeat(8000)}`)
  for (const key of keys) cache.set(key, null)
  t.equal(keys.filter(key => cache.get(key) !== undefined).length, 11)
})

t.test('without room nothing is kept', async t => {
  const cache = new RewriteCache(0)
  cache.set('a', null)
  t.equal(cache.get('a'), undefined)
})
