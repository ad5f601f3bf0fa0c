import { readdirSync, readFileSync } from 'node:fs'
import t from 'tap'
import { parse } from 'yaml'
import type { DocumentFormat } from '../../../../lib/rewrite/openapi/candidate.ts'
import { rewriteDocument } from '../../../../lib/rewrite/openapi/document.ts'
import { addressesOf, type Json } from './operations.ts'
import { createDocumentContext } from './context.ts'

const FOLDER = new URL('../../../fixtures/openapi/', import.meta.url)
const UPSTREAM = /^http:\/\/(?:127\.0\.0\.1|localhost):9001/
const GATEWAY = 'http://gw.example:8000'

const files = readdirSync(FOLDER).filter(file => /\.(?:json|yaml)$/.test(file))

const readFixture = (file: string) => readFileSync(new URL(file, FOLDER), 'utf8')
const formatOf = (file: string): DocumentFormat => file.endsWith('.json') ? 'json' : 'yaml'
const read = (text: string, file: string): Json => formatOf(file) === 'json' ? JSON.parse(text) : parse(text)

for (const file of files) {
  for (const mode of ['paths', 'servers'] as const) {
    t.test(`every operation of ${file} is where the gateway serves it, in mode ${mode}`, async t => {
      const text = readFixture(file)
      const result = rewriteDocument(text, formatOf(file), { mode, ...createDocumentContext() })!
      const before = addressesOf(read(text, file), 'http://127.0.0.1:9001/openapi.json')
      const after = addressesOf(read(result, file), `${GATEWAY}/users/openapi.json`)
      t.ok(before.size > 0)
      for (const [id, urls] of before) {
        const own = [...urls].filter(url => UPSTREAM.test(url)).map(url => url.replace(UPSTREAM, `${GATEWAY}/users`))
        const got = [...after.get(id)!]
        if (own.length === 0) t.strictSame(got, [...urls], id)
        else t.strictSame(got.filter(url => url.startsWith(GATEWAY)), own, id)
      }
    })
  }
}

t.test('of a document with every notation, only the addresses change', async t => {
  const text = readFixture('handmade-3.1.yaml')
  const result = rewriteDocument(text, 'yaml', { mode: 'paths', ...createDocumentContext() })!
  const rows: [before: string, after: string][] = [
    ['name: MIT, url: /license', 'name: MIT, url: /users/license'],
    ["- url: '{scheme}://127.0.0.1:9001/api'", "- url: '/'"],
    ['- url: https://api.example.com/api\n', ''],
    ['  /plain: &plain', '  /users/api/plain: &plain'],
    ['"http://localhost:9001/docs"', '"/users/docs"'],
    ['externalValue: /examples/one.json', 'externalValue: /users/examples/one.json'],
    ["'/quo''ted'", "'/users/api/quo''ted'"],
    ['"/esc\\u0061ped"', '"/users/api/escaped"'],
    ['? /explicit', '? /users/api/explicit'],
    ['url: /api/hooks', 'url: /users/api/hooks'],
    ['servers: [{ url: /api }]', 'servers: [{ url: /users/api }]'],
    ['$id: http://127.0.0.1:9001/schemas/node', '$id: /users/schemas/node'],
    ['$ref: /schemas/servers.json#/servers', '$ref: "/users/schemas/servers.json#/servers"'],
    ['"#/paths/~1plain/get", own: /schemas/own.json', '"#/paths/~1users~1api~1plain/get", own: /users/schemas/own.json'],
    ['tokenUrl: token', 'tokenUrl: /users/token'],
    ["'http://localhost:9001/api/authorize?x=1#y'", "'/users/api/authorize?x=1#y'"],
  ]
  for (const [before] of rows) t.equal(text.split(before).length, 2, `${before} is there once`)
  t.equal(result, rows.reduce((expected, [before, after]) => expected.replace(before, () => after), text))
})

t.test('of a document in one line, only the addresses change', async t => {
  const text = readFixture('springdoc-v3-api-docs.json')
  const result = rewriteDocument(text, 'json', { mode: 'paths', ...createDocumentContext() })
  const expected = text
    .replace('"url":"http://localhost:9001/shop"', '"url":"/"')
    .replace('http://localhost:9001/shop/guide', '/users/shop/guide')
    .replace('"/shop/.well-known', '"/users/shop/.well-known')
    .replaceAll('"/orders/', '"/users/shop/orders/')
    .replaceAll('#/paths/~1orders', '#/paths/~1users~1shop~1orders')
  t.equal(result, expected)
})

t.test('numbers, escapes, repeated keys and dangerous names come through', async t => {
  const rest = '"x-n":[9007199254740993,1e400,-0,1.0],"x-s":"\\u0041\\/\\ud800","__proto__":{"a":1},"x-d":1,"x-d":2,\r\n\t "constructor" : { } }\n'
  const document = (path: string) => `\ufeff{"openapi":"3.0.0","paths":{"${path}/a":{},"${path}/a":{},"${path}/__proto__":{"get":{}},"__proto__":{}},${rest}`
  t.equal(rewriteDocument(document(''), 'json', { mode: 'paths', ...createDocumentContext() }), document('/users'))
})

t.test('a rewritten document has nothing of the upstream in it', async t => {
  for (const file of files) {
    for (const mode of ['paths', 'servers'] as const) {
      const result = rewriteDocument(readFixture(file), formatOf(file), { mode, ...createDocumentContext() })!
      t.notMatch(result.replaceAll(/"?example"?: *"?http[^ ,}]*/g, ''), /:9001/, `${file}, ${mode}`)
    }
  }
})
