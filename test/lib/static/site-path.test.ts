import t from 'tap'
import { LEAVES_PREFIX, OUTSIDE_PREFIX } from '../../../lib/routing/upstream-path.ts'
import { resolveSitePath } from '../../../lib/static/site-path.ts'

const found: Record<string, [prefix: string, target: string, path: string]> = {
  'the root': ['', '/', '/'],
  'a file': ['', '/a/b.js', '/a/b.js'],
  'without the query': ['', '/a?x=/../..', '/a'],
  'decoded once': ['', '/a%20b%25.txt', '/a b%.txt'],
  'UTF-8': ['', '/%C3%BC.txt', '/ü.txt'],
  'a question mark in a name': ['', '/a%3Fb', '/a?b'],
  'below the prefix': ['/app', '/app/a', '/a'],
  'the prefix itself': ['/app', '/app', ''],
  'the prefix, escaped': ['/app', '/%61pp/a', '/a'],
  'a dot inside a name': ['', '/a..b/c.', '/a..b/c.'],
}
for (const [name, [prefix, target, path]] of Object.entries(found)) {
  t.test(`a place: ${name}`, async t => {
    t.equal(resolveSitePath(prefix, target), path)
  })
}

const nowhere = {
  'a dot file': '/.env',
  'an escaped dot file': '/%2eenv',
  'a folder with a dot': '/.git/config',
  'a dot file in a folder': '/a/.htpasswd',
  'a dot segment': '/./a',
  'a way there and back': '/a/../b',
  'an escaped way there and back': '/a/%2e%2e/b',
  'an empty segment': '/a//b',
  'an empty segment first': '//evil.example/a',
  'an escaped slash': '/a%2Fb',
  'an escaped backslash': '/a%5cb',
  'a backslash': '/a\\b',
  'a NUL': '/a%00.html',
  'a line end': '/a%0d%0ab',
  'bytes that are no UTF-8': '/%E9',
  'a broken escape': '/%zz',
}
for (const [name, target] of Object.entries(nowhere)) {
  t.test(`no place: ${name}`, async t => {
    t.equal(resolveSitePath('', target), undefined)
  })
}

const climbing = ['/../a', '/a/../../b', '/%2e%2e/a', '/%2E./a', '/..%2fa', '/..\\a', '/..%5ca', '/%252e%252e%252fa', '/a/..%2f..%2f..%2fetc/passwd', '/%c0%ae%c0%ae/a', '/..;/a', '/..%00/a']
for (const target of climbing) {
  t.test(`${target} leaves the site`, async t => {
    t.equal(resolveSitePath('', target), LEAVES_PREFIX)
    t.equal(resolveSitePath('/app', `/app${target}`), LEAVES_PREFIX)
  })
}

t.test('what is outside of the prefix is not of the site', async t => {
  t.equal(resolveSitePath('/app', '/apple'), OUTSIDE_PREFIX)
  t.equal(resolveSitePath('/app', '/'), OUTSIDE_PREFIX)
  t.equal(resolveSitePath('/app', '/x?/app/'), OUTSIDE_PREFIX)
})
