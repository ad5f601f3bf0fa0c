import { readFileSync } from 'node:fs'
import t from 'tap'
import * as errors from '../../lib/errors.ts'

const page = readFileSync('docs/errors.md', 'utf8')
const rows = [...page.matchAll(/^\| `(GW_ERR_\w+)` \| (\S+) \|/gm)].map(([, code, status]) => ({ code: code!, status: status! }))

interface Made { code: string, statusCode?: number }

/** Every error that lib/errors.ts can make, made once. */
const made: Made[] = Object.entries(errors).filter(([name]) => name !== 'describeProblem').map(([name, make]) => name === 'createConfigError'
  ? errors.createConfigError([{ path: 'apps', message: 'is wrong' }])
  : new (make as new (text: string) => errors.GatewayError)('users'))

/** A configuration error is thrown, not sent, and so it has no status. */
const expected = made.map(({ code, statusCode }) => ({
  code, status: code === 'GW_ERR_CONFIG' ? '—' : String(statusCode),
}))

const byCode = (a: { code: string }, b: { code: string }) => a.code.localeCompare(b.code)

t.test('every error code is in docs/errors.md with its status, and nothing else is', async t => {
  t.ok(expected.length > 0)
  t.same(rows.toSorted(byCode), expected.toSorted(byCode))
})

t.test('every row of docs/errors.md fills all of its columns', async t => {
  for (const line of page.split('\n').filter(line => line.startsWith('| `GW_ERR_'))) {
    const cells = line.split('|').slice(1, -1).map(cell => cell.trim())
    t.equal(cells.length, 5, line)
    t.notOk(cells.includes(''), line)
  }
})
