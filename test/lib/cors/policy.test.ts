import t from 'tap'
import { resolveCorsPolicy } from '../../../lib/cors/policy.ts'
import type { Problem } from '../../../lib/errors.ts'

function resolveWith (allowedHosts: string[], addCorsHeaders = true) {
  const problems: Problem[] = []
  return { policy: resolveCorsPolicy({ addCorsHeaders, allowedHosts }, problems), problems }
}

t.test('the entries become hosts', async t => {
  const { policy, problems } = resolveWith(['localhost', 'https://.example.com'])
  t.same(problems, [])
  t.same(policy, {
    allowsAny: false,
    hosts: [
      { scheme: null, host: 'localhost', includesSubdomains: false, port: null },
      { scheme: 'https', host: 'example.com', includesSubdomains: true, port: 443 },
    ],
  })
})

t.test('a star allows every origin, whatever stands beside it', async t => {
  t.match(resolveWith(['a.example', '*']).policy, { allowsAny: true })
})

t.test('without addCorsHeaders there is no policy', async t => {
  t.same(resolveWith(['localhost'], false), { policy: null, problems: [] })
})

t.test('wrong entries are problems with their places, also when they have no effect yet', async t => {
  const { problems } = resolveWith(['a.example', 'a.example/path', '*.example.com', 'https://*.example.com'], false)
  t.same(problems, [
    { path: 'allowedHosts[1]', message: 'must be a host such as "example.com", ".example.com" (its subdomains too), "example.com:8443" or "https://example.com", or "*", not "a.example/path"' },
    { path: 'allowedHosts[2]', message: '"*.example.com" is no host; for it and its subdomains, write ".example.com"' },
    { path: 'allowedHosts[3]', message: '"https://*.example.com" is no host; for it and its subdomains, write "https://.example.com"' },
  ])
})

t.test('a hole, where an entry was no string, is passed over', async t => {
  // eslint-disable-next-line no-sparse-arrays
  t.same(resolveWith([, 'localhost'] as string[]).problems, [])
})
