import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { Problem } from '../../../lib/errors.ts'
import { resolveSite, type StaticSiteInput } from '../../../lib/static/site.ts'

const tree = { built: { 'index.html': '' }, empty: {}, 'file.txt': '', odd: { 'index.html': {} } }

function resolveWith (t: Test, given: StaticSiteInput | undefined) {
  const problems: Problem[] = []
  const baseDir = t.testdir(tree)
  return { site: resolveSite(given, baseDir, problems), problems, baseDir }
}

t.test('no option, no site', async t => {
  t.match(resolveWith(t, undefined), { site: null, problems: [] })
})

t.test('a relative root starts at the configuration, and the site owns everything', async t => {
  const { site, problems, baseDir } = resolveWith(t, { root: './built' })
  t.same([site, problems], [{ root: join(baseDir, 'built'), prefix: '', spa: false }, []])
})

t.test('a prefix is brought to its one form', async t => {
  for (const prefix of ['app', '/app', '/app/']) t.equal(resolveWith(t, { root: 'built', prefix }).site?.prefix, '/app')
})

const faults: Record<string, [StaticSiteInput, path: string, message: RegExp]> = {
  'a folder that is not there': [{ root: 'none' }, 'static.root', /there is no folder .*none; create it/],
  'a file': [{ root: 'file.txt' }, 'static.root', /file\.txt is no folder/],
  'a single-page app without its page': [{ root: 'empty', spa: true }, 'static.root', /there is no .*index\.html, which "spa" needs/],
  'a single-page app whose page is a folder': [{ root: 'odd', spa: true }, 'static.root', /index\.html, which "spa" needs/],
  'a prefix that cannot be one': [{ root: 'built', prefix: '/a/:id' }, 'static.prefix', /"\/a\/:id" cannot be a prefix: write "\/"/],
}
for (const [name, [given, path, message]] of Object.entries(faults)) {
  t.test(`a problem: ${name}`, async t => {
    const { problems } = resolveWith(t, given)
    t.same(problems.map(problem => problem.path), [path])
    t.match(problems[0]!.message, message)
  })
}

t.test('only a single-page app needs its page at start', async t => {
  t.same(resolveWith(t, { root: 'empty' }).problems, [])
})
