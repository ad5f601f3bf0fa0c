import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import type { IncomingHttpHeaders } from 'node:http'
import t from 'tap'
import { findFile, isNavigation, resolveSitePath } from '../../../lib/static/find-file.ts'
import { LEAVES_PREFIX, OUTSIDE_PREFIX } from '../../../lib/routing/upstream-path.ts'

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

const tree = {
  'index.html': 'root',
  'app.js': 'app',
  docs: { 'index.html': 'docs', 'a b.txt': 'text' },
  img: { 'a.png': 'png' },
  odd: { 'index.html': { 'file.txt': 'an index that is a folder' } },
  loop: t.fixture('symlink', 'loop'),
}

const rows: Record<string, [path: string, expected: object | undefined]> = {
  'a file': ['/app.js', { kind: 'file', path: '/app.js' }],
  'a file with a space': ['/docs/a b.txt', { kind: 'file', path: '/docs/a b.txt' }],
  'the root': ['/', { kind: 'file', path: '/index.html' }],
  'the root without its slash': ['', { kind: 'folder' }],
  'a folder': ['/docs/', { kind: 'file', path: '/docs/index.html' }],
  'a folder without its slash': ['/docs', { kind: 'folder' }],
  'a folder without an index': ['/img/', undefined],
  'the same without its slash': ['/img', undefined],
  'a folder whose index is a folder': ['/odd/', undefined],
  'a file with a slash at its end': ['/app.js/', undefined],
  'below a file': ['/app.js/x', undefined],
  nothing: ['/none', undefined],
  'a pipe, which would never end': ['/pipe', undefined],
  'a link to itself': ['/loop', undefined],
  'a name that is too long': [`/${'a'.repeat(300)}`, undefined],
}

t.test('what a path finds', async t => {
  const root = t.testdir(tree)
  execFileSync('mkfifo', [join(root, 'pipe')])
  for (const [name, [path, expected]] of Object.entries(rows)) t.same(await findFile(root, path), expected, name)
})

t.test('a fault of the system is not a missing file', async t => {
  await t.rejects(findFile(t.testdir(tree), '/a\0'), { code: 'ERR_INVALID_ARG_VALUE' })
})

const browser = { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'sec-fetch-mode': 'navigate' }

const navigations: { name: string, path?: string, headers?: IncomingHttpHeaders, expected: boolean }[] = [
  { name: 'a browser that goes to a place', expected: true },
  { name: 'an old browser, which does not say that it navigates', headers: { accept: browser.accept }, expected: true },
  { name: 'the root', path: '/', expected: true },
  { name: 'a place below others', path: '/users/42/edit', expected: true },
  { name: 'a place with a slash at its end', path: '/users/', expected: true },
  { name: 'a dot in a folder', path: '/v1.x/users', expected: true },
  { name: 'a version', path: '/docs/1.2', expected: true },
  { name: 'html among other types, in capitals', headers: { accept: 'application/json, TEXT/HTML ; q=0.5' }, expected: true },
  { name: 'a script by its extension', path: '/assets/app.js', expected: false },
  { name: 'a source map', path: '/app.js.map', expected: false },
  { name: 'a font', path: '/a.woff2', expected: false },
  { name: 'a film', path: '/a.mp4', expected: false },
  { name: 'an archive whose extension begins with a digit', path: '/a.7z', expected: false },
  { name: 'a page that is not there', path: '/old.html', expected: false },
  { name: 'a call of an API', headers: { accept: 'application/json' }, expected: false },
  { name: 'a fetch without a wish', headers: { accept: '*/*' }, expected: false },
  { name: 'curl, which has no Accept', headers: {}, expected: false },
  { name: 'a fetch of HTML by a script', headers: { ...browser, 'sec-fetch-mode': 'cors' }, expected: false },
  { name: 'a module, loaded', headers: { ...browser, 'sec-fetch-mode': 'no-cors' }, expected: false },
  { name: 'html that is refused', headers: { accept: 'text/html;q=0, */*' }, expected: false },
  { name: 'html that is refused to three places', headers: { accept: 'text/html; level=1; q=0.000' }, expected: false },
  { name: 'a type that only begins like html', headers: { accept: 'text/html5' }, expected: false },
]

for (const { name, path = '/users/42', headers = browser, expected } of navigations) {
  t.test(`${name}: ${expected ? 'a navigation' : 'none'}`, async t => {
    t.equal(isNavigation(path, headers), expected)
  })
}
