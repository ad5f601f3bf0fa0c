import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type * as AjvModule from 'ajv'
import t from 'tap'
import type { TSchema } from '@sinclair/typebox'
import { GatewaySchema, optionGroups } from '../../lib/options/schema.ts'
import { describeType, insert, renderOptions, renderSummary } from '../../scripts/render-options.ts'
import { renderSchema } from '../../scripts/render-schema.ts'

t.test('docs/options.md is what lib/options/schema.ts renders', async t => {
  t.equal(readFileSync('docs/options.md', 'utf8'), renderOptions(), 'run "npm run docs"')
})

t.test('the table in the README is what lib/options/schema.ts renders', async t => {
  const page = readFileSync('README.md', 'utf8')
  t.ok(page.includes(renderSummary()))
  t.equal(page, insert(page, 'options', renderSummary()), 'run "npm run docs"')
})

t.test('schema/gateway.schema.json is what lib/options/schema.ts renders', async t => {
  t.equal(readFileSync('schema/gateway.schema.json', 'utf8'), renderSchema(), 'run "npm run docs"')
})

t.test('every option has a row, and says what it means', async t => {
  const page = renderOptions()
  const options = optionGroups.flatMap(({ properties }) => Object.entries<TSchema>(properties).flatMap(rowsOf))
  t.ok(options.length > 30)
  for (const [name, { description }] of options) {
    t.ok(description, `${name} has a description`)
    t.match(page, `| \`${name}\` |`)
  }
})

t.test('every top-level option is in one of the groups', async t => {
  const grouped = new Set(optionGroups.flatMap(({ properties }) => Object.keys(properties)))
  const missing = Object.keys(GatewaySchema.properties).filter(name => name !== '$schema' && !grouped.has(name))
  t.same(missing, [])
})

t.test('types read as words', async t => {
  const { upstreams, rewrite, rewriteHost, installedApps, server } = GatewaySchema.properties
  t.equal(describeType(upstreams), 'object; each value is string or list of strings and objects')
  t.equal(describeType(rewrite), '`[string, string]`')
  t.equal(describeType(rewriteHost), 'boolean or `"auto"`')
  t.equal(describeType(installedApps), 'list of strings')
  t.equal(describeType(server.properties.headersTimeout), 'duration')
  t.equal(describeType(server.properties.maxHeaderSize), 'size')
})

// The JSON Schema, as an editor uses it: by another implementation than the gateway's own.
const { Ajv } = createRequire(import.meta.url)('ajv') as typeof AjvModule
const validate = new Ajv({ strict: true, allowUnionTypes: true }).compile(JSON.parse(renderSchema()) as object)

const right = {
  'an empty file': {},
  'a file that names its schema': { $schema: './node_modules/fastify-gateway/schema/gateway.schema.json' },
  'apps to find': { installedApps: ['*'], noExportApps: ['common'], portMapFile: 'ports.json' },
  'weighted upstreams': { upstreams: { users: ['10.0.0.5:8001', { url: 'http://10.0.0.6:8001', weight: 3 }] } },
  'an inline app with flags': { apps: [{ name: 'users', port: 8001, addSlashes: true, rewrite: ['^/users', '/v2'], timeouts: { headers: '5s', body: 0 } }] },
}

const wrong = {
  'an unknown option': { instaledApps: ['*'] },
  'an unknown option inside an app': { apps: [{ name: 'users', prefx: 'u' }] },
  'a negative weight': { upstreams: { users: [{ url: 'http://10.0.0.6:8001', weight: -1 }] } },
  'a duration without a unit': { timeouts: { headers: '5' } },
  'a rewrite without a replacement': { rewrite: ['^/users'] },
}

for (const [name, config] of Object.entries(right)) {
  t.test(`the JSON Schema accepts ${name}`, async t => t.ok(validate(config), JSON.stringify(validate.errors)))
}

for (const [name, config] of Object.entries(wrong)) {
  t.test(`the JSON Schema refuses ${name}`, async t => t.notOk(validate(config)))
}

function rowsOf ([name, schema]: [string, TSchema]): [string, TSchema][] {
  const groups = [schema, ...(schema.anyOf ?? []) as TSchema[]]
  const inner = groups.flatMap(group => Object.entries((group.properties ?? {}) as Record<string, TSchema>))
  return [[name, schema], ...inner.flatMap(([key, value]) => rowsOf([`${name}.${key}`, value]))]
}
