import t from 'tap'
import { suggest } from '../../../lib/options/suggest.ts'

const known = ['installedApps', 'noExportApps', 'apps', 'appsDir', 'users', 'upstreams', 'billing']

const rows: { name: string, word: string, nearest: string | undefined }[] = [
  { name: 'a missing letter', word: 'instaledApps', nearest: 'installedApps' },
  { name: 'a letter too many', word: 'userss', nearest: 'users' },
  { name: 'the wrong case', word: 'APPSDIR', nearest: 'appsDir' },
  { name: 'two letters swapped', word: 'upstraems', nearest: 'upstreams' },
  { name: 'several near ones, the nearest', word: 'app', nearest: 'apps' },
  { name: 'the word itself', word: 'billing', nearest: 'billing' },
  { name: 'nothing near', word: 'timeouts', nearest: undefined },
  { name: 'nothing written', word: '', nearest: undefined },
]

for (const { name, word, nearest } of rows) {
  t.test(`a mistyped word finds the known one: ${name}`, async t => {
    t.equal(suggest(word, known), nearest)
  })
}

t.test('of no known words, none is near', async t => {
  t.equal(suggest('users', []), undefined)
})
