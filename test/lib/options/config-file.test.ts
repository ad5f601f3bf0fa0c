import t from 'tap'
import { relative } from 'node:path'
import { findConfigFile, loadModuleFile } from '../../../lib/options/config-file.ts'

t.test('the config file of a folder is found by each of its names', async t => {
  for (const extension of ['json', 'js', 'mjs', 'ts']) {
    const dir = t.testdir({ [`gateway.config.${extension}`]: '', 'gateway.config.yaml': '' })
    t.equal(await findConfigFile(dir), `${dir}/gateway.config.${extension}`)
  }
})

t.test('a folder without a config file has none, and a folder of that name is none', async t => {
  t.equal(await findConfigFile(t.testdir({ 'gateway.config.js': {} })), undefined)
  t.equal(await findConfigFile('/nowhere/at/all'), undefined)
})

t.test('several config files in one folder are an error that names them', async t => {
  const dir = t.testdir({ 'gateway.config.json': '{}', 'gateway.config.ts': '' })
  await t.rejects(findConfigFile(dir), {
    code: 'GW_ERR_CONFIG',
    problems: [{ path: dir, message: 'has gateway.config.json and gateway.config.ts; keep one of them' }],
  })
})

const good: { name: string, file: string, content: string }[] = [
  { name: 'JSON', file: 'c.json', content: '{ "a": 1 }' },
  { name: 'an ES module', file: 'c.js', content: 'export default { a: 1 }' },
  { name: 'an .mjs module', file: 'c.mjs', content: 'export default { a: 1 }' },
  { name: 'a TypeScript module', file: 'c.ts', content: 'const a: number = 1\nexport default { a } satisfies object' },
  { name: 'a function', file: 'f.mjs', content: 'export default () => ({ a: 1 })' },
  { name: 'an async function', file: 'a.ts', content: 'export default async (): Promise<object> => ({ a: 1 })' },
]

for (const { name, file, content } of good) {
  t.test(`a configuration is loaded from ${name}`, async t => {
    const dir = t.testdir({ [file]: content })
    t.strictSame(await loadModuleFile(`${dir}/${file}`), { a: 1 })
  })
}

t.test('a configuration is loaded from CommonJS, also as a compiler writes it', async t => {
  const dir = t.testdir({
    'package.json': '{ "type": "commonjs" }',
    'plain.js': 'module.exports = { a: 1 }',
    'compiled.js': 'Object.defineProperty(exports, "__esModule", { value: true }); exports.default = { a: 1 }',
  })
  t.match(await loadModuleFile(`${dir}/plain.js`), { a: 1 })
  t.strictSame(await loadModuleFile(`${dir}/compiled.js`), { a: 1 })
})

t.test('a path from the working directory is loaded too', async t => {
  const dir = t.testdir({ 'c.json': '{}', 'c.mjs': 'export default {}', 'c.ts': 'export default {}' })
  for (const file of ['c.json', 'c.mjs', 'c.ts']) t.strictSame(await loadModuleFile(relative(process.cwd(), `${dir}/${file}`)), {})
})

const bad: { name: string, file: string, content: string, message: string | RegExp }[] = [
  { name: 'broken JSON', file: 'b.json', content: '{\n  "a": 1,\n}', message: 'line 3, column 1: expected a name in double quotes, found "}"' },
  { name: 'a module that cannot be parsed', file: 'b.mjs', content: 'export default {', message: /^\S[^\n]*$/ },
  { name: 'TypeScript that cannot be parsed', file: 'b.ts', content: 'export default {\n  a: 1,\n  b c\n}', message: 'line 3: Unexpected token, expected ","' },
  { name: 'a module without a default export', file: 'n.mjs', content: 'export const a = 1', message: 'has no default export; write "export default { ... }"' },
  { name: 'TypeScript without a default export', file: 'n.ts', content: 'export const a = 1', message: 'has no default export; write "export default { ... }"' },
  { name: 'a default export of null', file: 'z.mjs', content: 'export default null', message: 'has no default export; write "export default { ... }"' },
  { name: 'a module that throws several lines', file: 't.mjs', content: 'throw new Error("no database\\nat all")', message: 'no database' },
  { name: 'a function that throws', file: 'ft.mjs', content: 'export default async () => { throw new Error("no secret") }', message: 'no secret' },
  { name: 'a module that throws no error', file: 's.mjs', content: 'throw "nothing"', message: 'threw nothing' },
  { name: 'a module that imports what is not there', file: 'i.mjs', content: 'import "./nope.js"\nexport default {}', message: /^Cannot find module .*nope\./ },
  { name: 'a form that is not known', file: 'c.yaml', content: 'a: 1', message: 'must end in .json, .js, .mjs, .ts' },
]

for (const { name, file, content, message } of bad) {
  t.test(`what cannot be loaded is a one-line configuration error: ${name}`, async t => {
    const dir = t.testdir({ [file]: content })
    await t.rejects(loadModuleFile(`${dir}/${file}`, `shown/${file}`), { code: 'GW_ERR_CONFIG', problems: [{ path: `shown/${file}`, message }] })
  })
}

t.test('a syntax error in CommonJS has its line, and the file when it is another one', async t => {
  const dir = t.testdir({
    'package.json': '{ "type": "commonjs" }',
    'c.js': 'module.exports = {\n  a: 1,\n  b c\n}',
    'outer.js': 'module.exports = require("./inner.js")',
    'inner.js': 'module.exports =',
  })
  await t.rejects(loadModuleFile(`${dir}/c.js`), { code: 'GW_ERR_CONFIG', problems: [{ path: `${dir}/c.js`, message: "line 3: Unexpected identifier 'c'" }] })
  await t.rejects(loadModuleFile(`${dir}/outer.js`), { code: 'GW_ERR_CONFIG', problems: [{ path: `${dir}/outer.js`, message: `${dir}/inner.js, line 1: Unexpected end of input` }] })
})

t.test('a file that does not exist is an error with its path', async t => {
  await t.rejects(loadModuleFile('/nowhere/gateway.config.json'), {
    code: 'GW_ERR_CONFIG',
    message: 'Invalid gateway configuration: /nowhere/gateway.config.json: there is no such file',
  })
})

t.test('the error of a module is kept as the cause, for the log', async t => {
  const dir = t.testdir({ 'c.mjs': 'throw new RangeError("far")' })
  await t.rejects(loadModuleFile(`${dir}/c.mjs`), { cause: { name: 'RangeError', message: 'far' } })
})
