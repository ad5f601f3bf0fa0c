import t from 'tap'
import { normalizePrefix } from '../../../lib/routing/prefix.ts'

const rows: { prefix: string, normal: string | undefined }[] = [
  { prefix: 'users', normal: '/users' },
  { prefix: '/users', normal: '/users' },
  { prefix: 'users/', normal: '/users' },
  { prefix: '/users/', normal: '/users' },
  { prefix: 'v1/users', normal: '/v1/users' },
  { prefix: '', normal: '' },
  { prefix: '/', normal: '' },
  { prefix: 'my-app_js.v2~x', normal: '/my-app_js.v2~x' },
  { prefix: '@scope/x', normal: '/@scope/x' },
  { prefix: '//users', normal: undefined },
  { prefix: 'users//', normal: undefined },
  { prefix: '//', normal: '' },
  { prefix: 'a//b', normal: undefined },
  { prefix: 'a/../b', normal: undefined },
  { prefix: '..', normal: undefined },
  { prefix: './a', normal: undefined },
  { prefix: 'a b', normal: undefined },
  { prefix: 'a\\b', normal: undefined },
  { prefix: 'a%2fb', normal: undefined },
  { prefix: ':id', normal: undefined },
  { prefix: 'a*', normal: undefined },
  { prefix: 'a?b', normal: undefined },
  { prefix: 'a#b', normal: undefined },
  { prefix: 'a;b', normal: undefined },
  { prefix: 'café', normal: undefined },
  { prefix: 'users\n', normal: undefined },
]

for (const { prefix, normal } of rows) {
  t.test(`a prefix has one form, or is none: ${JSON.stringify(prefix)}`, async t => {
    t.equal(normalizePrefix(prefix), normal)
  })
}
