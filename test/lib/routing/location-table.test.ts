import t from 'tap'
import { LocationTable } from '../../../lib/routing/location-table.ts'
import { createLocation } from '../locations.ts'

const prefixesOf = (...prefixes: string[]) => new LocationTable(prefixes.map(prefix => createLocation({ prefix })))

const rows: [target: string, prefix: string | undefined][] = [
  ['/a', '/a'],
  ['/a/', '/a'],
  ['/a/x', '/a'],
  ['/a/b', '/a/b'],
  ['/a/b/', '/a/b'],
  ['/a/bc', '/a'],
  ['/a//b', '/a'],
  ['/a?/b', '/a'],
  ['/a#/b', '/a'],
  ['/%61/%62/x', '/a/b'],
  ['/a%2Fb', undefined],
  ['/a/b%3F', '/a'],
  ['/A', undefined],
  ['/', undefined],
  ['//a', undefined],
  ['', undefined],
  ['*', undefined],
  ['a', undefined],
]

for (const [target, prefix] of rows) {
  t.test(`${JSON.stringify(target)} is below ${prefix ?? 'nothing'}`, async t => {
    t.equal(prefixesOf('/a', '/a/b', '/long/enough/to/be/cut').find(target)?.prefix, prefix)
    t.equal(prefixesOf('/a/b', '', '/a').find(target)?.prefix, prefix ?? '', 'else the empty prefix')
  })
}

t.test('the longest path takes no more looks than the longest prefix has parts', async t => {
  const table = prefixesOf('/a')
  t.equal(table.find(`/a${'/'.repeat(1_000_000)}`)?.prefix, '/a')
  t.equal(table.find(`/${'a'.repeat(1_000_000)}`), undefined)
})

t.test('an empty table has nothing', async t => t.equal(prefixesOf().find('/'), undefined))
