import t from 'tap'
import { LruCache } from '../../../lib/collections/lru-cache.ts'

/** The keys of a cache that are present. */
const present = (cache: Pick<LruCache<unknown>, 'get'>, keys: string) => [...keys].filter(key => cache.get(key) !== undefined).join('')

t.test('a value is found by its key, until another one replaces it or it is deleted', async t => {
  const cache = new LruCache<number | null>(10)
  t.equal(cache.get('a'), undefined)
  cache.set('a', 1)
  t.equal(cache.get('a'), 1)
  cache.set('a', null)
  t.equal(cache.get('a'), null)
  cache.delete('a')
  cache.delete('a')
  t.equal(cache.get('a'), undefined)
})

t.test('the least recently used value is evicted: reading and writing are uses', async t => {
  const cache = new LruCache<number>(3)
  for (const key of 'abc') cache.set(key, 1)
  cache.get('a')
  cache.set('b', 2)
  cache.set('d', 1)
  t.equal(present(cache, 'abcd'), 'abd')
})

t.test('sizes are bounded together: as many values are evicted as the new one needs', async t => {
  const cache = new LruCache<number>(6, (key, value) => value)
  for (const [key, size] of [['a', 2], ['b', 2], ['c', 2]] as const) cache.set(key, size)
  cache.set('d', 3)
  t.equal(present(cache, 'abcd'), 'cd')
  cache.set('c', 1)
  cache.set('e', 2)
  t.equal(present(cache, 'cde'), 'cde', 'a value that is replaced frees its size')
})

t.test('a value larger than the cache is not kept, and evicts nothing but the value that it replaces', async t => {
  const cache = new LruCache<number>(4, (key, value) => value)
  cache.set('a', 2)
  cache.set('b', 2)
  cache.set('b', 5)
  t.equal(present(cache, 'ab'), 'a')
})

t.test('the size of a value may depend on its key', async t => {
  const cache = new LruCache<null>(5, key => key.length)
  cache.set('four', null)
  cache.set('a', null)
  t.equal(cache.get('four'), null)
  cache.set('b', null)
  t.equal(cache.get('a'), undefined)
})
