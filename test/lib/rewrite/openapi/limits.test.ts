import t from 'tap'
import { stringify } from 'yaml'
import { rewriteDocument } from '../../../../lib/rewrite/openapi/document.ts'
import type { Json } from './operations.ts'
import { createDocumentContext } from './context.ts'

const options = { mode: 'paths', ...createDocumentContext() } as const

/** A document with as many paths and schemas; about 470 bytes of JSON each. */
function createLarge (count: number): Json {
  const names = Array.from({ length: count }, (_, index) => `thing${index}`)
  const operation = (name: string) => ({ operationId: name, summary: `The ${name}`, tags: ['things'], parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'string' } }], responses: { 200: { description: 'ok', content: { 'application/json': { schema: { $ref: `#/components/schemas/${name}` } } } } } })
  return {
    openapi: '3.1.0',
    info: { title: 'Large', version: '1' },
    paths: Object.fromEntries(names.map(name => [`/${name}/{id}`, { get: operation(name) }])),
    components: { schemas: Object.fromEntries(names.map(name => [name, { type: 'object', properties: { id: { type: 'integer', maximum: 100 }, name: { type: 'string', description: 'What it is called' } } }])) },
  }
}

/** In milliseconds of the processor: the wall clock would measure the machine's other work. */
function measure (work: () => string | undefined): { result: string | undefined, elapsed: number } {
  const start = process.cpuUsage()
  const result = work()
  const { user, system } = process.cpuUsage(start)
  return { result, elapsed: (user + system) / 1000 }
}

t.test('5 MB of JSON take seconds at worst, on a busy machine that measures coverage', async t => {
  const count = 12_000
  const text = JSON.stringify(createLarge(count))
  t.ok(text.length > 5 * 1024 ** 2, `${text.length} bytes`)
  const { result, elapsed } = measure(() => rewriteDocument(text, 'json', options))
  t.equal(result?.length, text.length + count * '/users'.length)
  t.equal(result?.replaceAll('"/users/', '"/'), text, 'nothing but the keys has changed')
  t.ok(elapsed < 15_000, `${Math.round(elapsed)} ms`)
})

t.test('YAML takes time in proportion to its length', async t => {
  const [quarter, whole] = [600, 2400].map(count => {
    const text = stringify(createLarge(count))
    const { result, elapsed } = measure(() => rewriteDocument(text, 'yaml', options))
    t.equal(result?.replaceAll('/users/', '/'), text, 'nothing but the keys has changed')
    return elapsed
  })
  t.ok(whole! < 10 * quarter! + 1000, `${Math.round(quarter!)} ms and ${Math.round(whole!)} ms`)
})

t.test('deep nesting is passed on, and does not overflow the stack', async t => {
  const wrap = (value: string) => `{"openapi":"3.0.0","paths":{"/x":{}},"x-deep":${value}}`
  const rows: [name: string, text: string, format: 'json' | 'yaml'][] = [
    ['lists in JSON', wrap('['.repeat(100_000) + ']'.repeat(100_000)), 'json'],
    ['objects in JSON', wrap('{"a":'.repeat(100_000) + '1' + '}'.repeat(100_000)), 'json'],
    ['lists in YAML', wrap('['.repeat(20_000) + ']'.repeat(20_000)), 'yaml'],
    ['blocks in YAML', `openapi: 3.0.0\npaths: {/x: {}}\na:\n  ${'- '.repeat(20_000)}x`, 'yaml'],
    ['keys in YAML', `openapi: 3.0.0\npaths: {/x: {}}\n${'? '.repeat(5000)}x`, 'yaml'],
    ['schemas', `{"openapi":"3.0.0","paths":{"/x":{}},"components":{"schemas":{"a":${'{"not":'.repeat(1000)}{}${'}'.repeat(1000)}}}}`, 'json'],
  ]
  for (const [name, text, format] of rows) {
    const { result, elapsed } = measure(() => rewriteDocument(text, format, options))
    t.equal(result, undefined, name)
    t.ok(elapsed < 10_000, `${name}: ${Math.round(elapsed)} ms`)
  }
  t.not(rewriteDocument(wrap('['.repeat(400) + ']'.repeat(400)), 'json', options), undefined, 'four hundred levels are fine')
  t.not(rewriteDocument(wrap('['.repeat(400) + ']'.repeat(400)), 'yaml', options), undefined, 'in YAML, too')
})

t.test('an alias bomb costs no more than it is long', async t => {
  const levels = Array.from({ length: 40 }, (_, level) => `  s${level + 1}: &s${level + 1} {allOf: [${`*s${level}, `.repeat(10)}], $ref: /a}`)
  const schemas = ['openapi: 3.0.0', 'components: {schemas: &s0 {$ref: /a}}', 'definitions:', ...levels, 'paths: {/x: {parameters: [{schema: *s40}]}}', ''].join('\n')
  const bySchema = measure(() => rewriteDocument(schemas, 'yaml', options))
  t.equal(bySchema.result?.match(/\/users\/a/g)?.length, 41)
  t.ok(bySchema.elapsed < 2000, `${Math.round(bySchema.elapsed)} ms`)
  const merges = Array.from({ length: 40 }, (_, level) => `m${level + 1}: &m${level + 1} {<<: [*m${level}, *m${level}]}`)
  const byMerge = measure(() => rewriteDocument(['openapi: 3.0.0', 'm0: &m0 {/x: {}}', ...merges, 'paths: *m40', ''].join('\n'), 'yaml', options))
  t.match(byMerge.result, '{/users/x: {}}')
  t.ok(byMerge.elapsed < 2000, `${Math.round(byMerge.elapsed)} ms`)
})

t.test('many unfinished marks take linear time', async t => {
  const { elapsed } = measure(() => rewriteDocument(`{"openapi"${' '.repeat(500_000)}`.repeat(4), 'json', options))
  t.ok(elapsed < 2000, `${Math.round(elapsed)} ms`)
})
