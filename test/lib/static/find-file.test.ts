import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import t from 'tap'
import { findFile } from '../../../lib/static/find-file.ts'

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
