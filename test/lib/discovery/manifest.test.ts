import t from 'tap'
import type { Problem } from '../../../lib/errors.ts'
import { readManifest } from '../../../lib/discovery/manifest.ts'

type Tree = NonNullable<Parameters<typeof t.testdir>[0]>

async function read (dir: string) {
  const problems: Problem[] = []
  return { ...await readManifest(`${dir}/app`, dir, problems), problems }
}

const forms: { name: string, tree: Tree, source: string, fieldBase?: string }[] = [
  { name: 'app.config.json', tree: { 'app.config.json': '{ "$schema": "x", "port": 8001 }' }, source: 'app/app.config.json' },
  { name: 'app.config.js', tree: { 'app.config.js': 'export default { port: 8001 }' }, source: 'app/app.config.js' },
  { name: 'app.config.mjs', tree: { 'app.config.mjs': 'export default async () => ({ port: 8001 })' }, source: 'app/app.config.mjs' },
  { name: 'app.config.ts', tree: { 'app.config.ts': 'const port: number = 8001\nexport default { port }' }, source: 'app/app.config.ts' },
  { name: 'the gateway key of package.json', tree: { 'package.json': '{ "gateway": { "port": 8001 } }' }, source: 'app/package.json: gateway', fieldBase: 'app/package.json: gateway.' },
  { name: 'app.config before package.json', tree: { 'app.config.json': '{ "port": 8001 }', 'package.json': '{ "gateway": { "port": 1 } }' }, source: 'app/app.config.json' },
]

for (const { name, tree, source, fieldBase = `${source}: ` } of forms) {
  t.test(`an app describes itself in ${name}`, async t => {
    t.match(await read(t.testdir({ app: tree })), { source, fieldBase, manifest: { port: 8001 }, problems: [] })
  })
}

const without: { name: string, tree: Tree }[] = [
  { name: 'nothing', tree: {} },
  { name: 'a package.json without the key', tree: { 'package.json': '{ "name": "x" }' } },
  { name: 'a package.json that is null', tree: { 'package.json': 'null' } },
]

for (const { name, tree } of without) {
  t.test(`an app without a manifest is described by its folder: ${name}`, async t => {
    t.strictSame(await read(t.testdir({ app: tree })), { source: 'app', fieldBase: 'app: ', manifest: {}, problems: [] })
  })
}

const faults: {
  name: string
  tree: Tree
  problems: { path: string; message: string | RegExp }[]
  manifest?: object
}[] = [
  {
    name: 'a wrong property',
    tree: { 'app.config.json': '{ "port": "x", "label": "l" }' },
    problems: [{ path: 'app/app.config.json: port', message: 'must be a whole number from 1 to 65535, not "x"' }],
    manifest: { label: 'l' },
  },
  {
    name: 'a typing error',
    tree: { 'app.config.json': '{ "prt": 1 }' },
    problems: [{ path: 'app/app.config.json: prt', message: 'unknown option "prt"; did you mean "port"?' }],
  },
  {
    name: 'a wrong property in package.json',
    tree: { 'package.json': '{ "gateway": { "upstreams": [{}] } }' },
    problems: [{ path: 'app/package.json: gateway.upstreams[0].url', message: /^is required/ }],
  },
  {
    name: 'no object',
    tree: { 'app.config.json': '[]' },
    problems: [{ path: 'app/app.config.json', message: 'must be an object, not []' }],
  },
  {
    name: 'a key that is no object',
    tree: { 'package.json': '{ "gateway": true }' },
    problems: [{ path: 'app/package.json: gateway', message: 'must be an object, not true' }],
  },
  {
    name: 'broken JSON',
    tree: { 'app.config.json': '{\n"port": }' },
    problems: [{ path: 'app/app.config.json', message: 'line 2, column 9: expected a value, found "}"' }],
  },
  {
    name: 'a broken package.json',
    tree: { 'package.json': '{' },
    problems: [{ path: 'app/package.json', message: /^line 1, column 2/ }],
  },
  {
    name: 'a module that throws',
    tree: { 'app.config.mjs': 'throw new Error("boom")' },
    problems: [{ path: 'app/app.config.mjs', message: 'boom' }],
  },
  {
    name: 'several files',
    tree: { 'app.config.json': '{}', 'app.config.mjs': '' },
    problems: [{ path: 'app', message: 'has app.config.json and app.config.mjs; keep one of them' }],
  },
]

for (const { name, tree, problems, manifest = {} } of faults) {
  t.test(`a faulty manifest is a problem with its file: ${name}`, async t => {
    const found = await read(t.testdir({ app: tree }))
    t.match(found.problems, problems)
    t.equal(found.problems.length, problems.length)
    t.match(found.manifest, manifest)
  })
}
