import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import t from 'tap'

const ROOT = join(import.meta.dirname, '../..')

/**
 * The rooms from top to bottom, as docs/architecture.md has them. A file may import those of its room and of rooms
 * below.
 */
const ROOMS = [
  'bin', 'cli', 'app.ts', 'index.ts', 'plugins', 'routes',
  'configuration', 'discovery', 'options', 'dispatch', 'event-stream', 'tunnel', 'pool', 'balancer', 'health', 'retry',
  'transport', 'rewrite', 'static', 'cors', 'tls', 'routing', 'downstream', 'headers', 'collections', 'location.ts', 'errors.ts', 'ignore.ts',
]

const files = ['lib', 'plugins', 'routes', 'cli', 'bin']
  .flatMap(folder => readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map(name => join(folder, name)))
  .filter(name => name.endsWith('.ts'))
  .concat('app.ts', 'index.ts')

const imports = new Map(files.map(file => {
  const source = readFileSync(join(ROOT, file), 'utf8')
  const found = [...source.matchAll(/(?:\bfrom|\bimport\()\s*'(\.[^']+)'/g)].map(([, path]) => join(dirname(file), path!))
  return [file, found.filter(path => files.includes(path))] as const
}))

function roomOf (file: string): string {
  const [first, second] = file.split('/')
  return first === 'lib' ? second! : first!
}

t.test('every file is in a room that docs/architecture.md names', async t => {
  const page = readFileSync(join(ROOT, 'docs/architecture.md'), 'utf8')
  for (const room of new Set(files.map(roomOf))) {
    t.ok(ROOMS.includes(room), room)
    t.ok(page.includes(room.endsWith('.ts') ? room : `${room}/`), `the page has ${room}`)
  }
})

t.test('imports go down', async t => {
  for (const [file, targets] of imports) {
    const upwards = targets.filter(target => ROOMS.indexOf(roomOf(target)) < ROOMS.indexOf(roomOf(file)))
    t.strictSame(upwards, [], file)
  }
})

t.test('no file is in a circle with another', async t => {
  const done = new Set<string>()
  function findCircle (file: string, path: readonly string[]): readonly string[] | undefined {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file]
    if (done.has(file)) return undefined
    for (const target of imports.get(file)!) {
      const circle = findCircle(target, [...path, file])
      if (circle !== undefined) return circle
    }
    done.add(file)
    return undefined
  }
  for (const file of files) t.equal(findCircle(file, []), undefined, file)
})

for (const page of ['docs/architecture.md', 'docs/behaviour.md', 'README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'test/README.md', 'bench/README.md']) {
  t.test(`the files that ${page} names are there`, async t => {
    const text = readFileSync(join(ROOT, page), 'utf8')
    const named = [...text.matchAll(/`((?:lib|plugins|routes|cli|test|scripts|bench|docs|examples)\/[\w./-]+?)`/g)].map(([, path]) => path!)
    const linked = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)/g)].map(([, path]) => relative(ROOT, join(ROOT, dirname(page), path!)))
    for (const path of new Set([...named, ...linked])) t.ok(existsSync(join(ROOT, path)), path)
  })
}
