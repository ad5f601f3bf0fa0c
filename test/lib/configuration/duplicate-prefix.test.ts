import t from 'tap'
import { refuseSharedSitePrefix } from '../../../lib/configuration/duplicate-prefix.ts'
import type { Problem } from '../../../lib/errors.ts'

// Prefixes that two apps have are in build-locations.test.ts.

t.test('a site and an app cannot share a prefix', async t => {
  const locations = [{ name: 'users', prefix: '/users' }, { name: 'web', prefix: '' }]
  const owners: Record<string, string[]> = {
    '': ['"/" is the prefix of "web" too; give one of them another "prefix"'],
    '/users': ['"/users" is the prefix of "users" too; give one of them another "prefix"'],
    '/users/app': [],
  }
  for (const [prefix, messages] of Object.entries(owners)) {
    const problems: Problem[] = []
    refuseSharedSitePrefix({ root: '/built', prefix, spa: false }, locations, problems)
    t.same(problems, messages.map(message => ({ path: 'static.prefix', message })), prefix)
  }
})

t.test('without a site there is nothing to share', async t => {
  const problems: Problem[] = []
  refuseSharedSitePrefix(null, [{ name: 'web', prefix: '' }], problems)
  t.same(problems, [])
})
