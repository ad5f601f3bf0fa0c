import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import t from 'tap'
import { ContentRewriter, MAX_YAML_BYTES, rewriteContent } from '../../../lib/rewrite/content-rewriter.ts'
import type { PublicBase } from '../../../lib/rewrite/public-base.ts'
import { createUrlContext } from './openapi/context.ts'

const RULE = { mode: 'paths' as const, documents: [], pages: [], maxBytes: 10_000 }
const JSON_TYPE = 'application/json'

const createBase = (changes: Partial<PublicBase> = {}): PublicBase => ({ ...createUrlContext(), origin: 'http://gw.example:8000', ...changes })
const documentOf = (path: string) => Buffer.from(`{"openapi":"3.0.0","info":{"title":"caf\u00e9"},"paths":{"${path}":{}}}`)

t.test('a document comes with its ETag', async t => {
  const { bytes, etag } = new ContentRewriter(RULE).rewrite(documentOf('/x'), JSON_TYPE, '/openapi.json', createBase())!
  t.match(JSON.parse(bytes.toString()), { info: { title: 'caf\u00e9' }, paths: { '/users/x': {} } })
  t.equal(etag, `"${createHash('sha256').update(bytes).digest('base64url')}"`)
})

t.test('the mode is the location\'s', async t => {
  const { bytes } = new ContentRewriter({ ...RULE, mode: 'servers' }).rewrite(documentOf('/x'), JSON_TYPE, '/openapi.json', createBase())!
  t.match(JSON.parse(bytes.toString()), { servers: [{ url: '/users' }], paths: { '/x': {} } })
})

t.test('the same bytes for clients of the same public base are not read again', async t => {
  const rewriter = new ContentRewriter(RULE)
  const first = rewriter.rewrite(documentOf('/x'), JSON_TYPE, '/openapi.json', createBase())
  t.equal(rewriter.rewrite(documentOf('/x'), JSON_TYPE, '/openapi.json', createBase()), first)
})

t.test('whatever the result depends on is part of the cache key', async t => {
  const rewriter = new ContentRewriter(RULE)
  const first = rewriter.rewrite(documentOf('/x'), JSON_TYPE, '/openapi.json', createBase())
  const others: Record<string, [Buffer, string, string, PublicBase]> = {
    'its bytes': [documentOf('/y'), JSON_TYPE, '/openapi.json', createBase()],
    'its type': [documentOf('/x'), 'text/json', '/openapi.json', createBase()],
    'its path': [documentOf('/x'), JSON_TYPE, '/v1/openapi.json', createBase()],
    'the prefix': [documentOf('/x'), JSON_TYPE, '/openapi.json', createBase({ prefix: '/public/users' })],
    'the base path': [documentOf('/x'), JSON_TYPE, '/openapi.json', createBase({ basePath: '/v2' })],
    'the client\'s hosts': [documentOf('/x'), JSON_TYPE, '/openapi.json', createBase({ clientHosts: ['other.example'] })],
    'the upstreams, which may be replaced': [documentOf('/x'), JSON_TYPE, '/openapi.json', createBase({ upstreams: createBase().upstreams.slice(0, 1) })],
    'the gateway\'s origin': [documentOf('/x'), JSON_TYPE, '/openapi.json', createBase({ origin: 'https://gw.example:8000' })],
  }
  for (const [name, given] of Object.entries(others)) t.not(rewriter.rewrite(...given), first, name)
  t.equal(rewriter.rewrite(documentOf('/x'), JSON_TYPE, '/openapi.json', createBase()), first, 'it is still known')
})

t.test('the cache is bounded by the bytes of two of the longest documents: what was used last stays', async t => {
  const rewriter = new ContentRewriter({ ...RULE, maxBytes: 1000 })
  const rewrite = (path: string) => rewriter.rewrite(documentOf(path), JSON_TYPE, '/openapi.json', createBase())
  const [first, second] = [rewrite('/a'), rewrite('/b')]
  t.equal(rewrite('/a'), first)
  t.equal(rewrite('/b'), second)
  rewrite('/c')
  t.equal(rewrite('/b'), second)
  t.not(rewrite('/a'), first)
})

const passed: { name: string, bytes: Buffer, type?: string }[] = [
  { name: 'what is no document', bytes: Buffer.from('{"a":1}') },
  { name: 'a document in another character set', bytes: Buffer.from(documentOf('/x').toString(), 'latin1'), type: `${JSON_TYPE}; charset=iso-8859-1` },
  { name: 'a document in UTF-16, quoted', bytes: Buffer.from(documentOf('/x').toString(), 'utf16le'), type: `${JSON_TYPE};charset="UTF-16"` },
  { name: 'a document in bytes that are not UTF-8', bytes: Buffer.from(documentOf('/x').toString(), 'latin1') },
]

for (const { name, bytes, type = JSON_TYPE } of passed) {
  t.test(`passed on: ${name}`, async t => {
    const rewriter = new ContentRewriter(RULE)
    for (const time of ['at first', 'and again']) t.equal(rewriter.rewrite(bytes, type, '/openapi.json', createBase()), null, time)
  })
}

t.test('UTF-8 by any of its names is read', async t => {
  for (const charset of ['utf-8', 'UTF8', '"utf-8"', 'us-ascii']) {
    t.ok(new ContentRewriter(RULE).rewrite(documentOf('/x'), `${JSON_TYPE}; charset=${charset}`, '/openapi.json', createBase()), charset)
  }
})

t.test('a byte order mark stays where it is', async t => {
  const yaml = Buffer.from('\ufeffopenapi: 3.0.0\npaths:\n  /x: {}\n')
  const result = new ContentRewriter(RULE).rewrite(yaml, 'application/yaml', '/openapi.yaml', createBase())
  t.strictSame(result?.bytes.subarray(0, 4), Buffer.from('\ufeffo'))
  t.match(result?.bytes.toString(), '/users/x')
})

const optionsAt = (documentPath: string) => ({ mode: 'paths' as const, urlContext: createUrlContext(), documentPath, origin: 'http://gw.example:8000' })

const jsonDocument = '{"openapi":"3.0.0","info":{},"paths":{"/x":{}}}'
const yamlDocument = 'openapi: 3.0.0\npaths:\n  /x: {}\n'

const rows: { name: string, text: string, type: string, path?: string, expected: RegExp | undefined }[] = [
  { name: 'a document in JSON', text: jsonDocument, type: 'application/json', expected: /"\/users\/x":/ },
  { name: 'a document in YAML', text: yamlDocument, type: 'application/yaml', expected: /^ {2}"?\/users\/x"?: / },
  { name: 'a document in text that is called YAML', text: yamlDocument, type: 'text/plain', path: '/openapi.yaml', expected: /\/users\/x/ },
  { name: 'YAML that is called JSON', text: yamlDocument, type: 'application/json', expected: undefined },
  { name: 'other JSON', text: '{"paths":{"/x":{}}}', type: 'application/json', expected: undefined },
  { name: 'a document that is not valid', text: jsonDocument.slice(0, -1), type: 'application/json', expected: undefined },
  { name: 'a document in a type that is none of a document\'s', text: jsonDocument, type: 'image/png', expected: undefined },
  { name: 'springdoc\'s settings, which are JSON, too', text: '{"configUrl":"/v3/api-docs/swagger-config","url":"/v3/api-docs","oauth2RedirectUrl":"http://127.0.0.1:9001/swagger-ui/oauth2-redirect.html"}', type: 'application/json', path: '/v3/api-docs/swagger-config', expected: /"url":"\/users\/v3\/api-docs"/ },
  { name: 'other HTML', text: '<html><a href="/x">x</a></html>', type: 'text/html', expected: undefined },
]

for (const { name, text, type, path = '/openapi.json', expected } of rows) {
  t.test(`content behind the gateway: ${name}`, async t => {
    const result = rewriteContent(text, type, optionsAt(path))
    if (expected === undefined) t.equal(result, undefined)
    else t.match(result?.split('\n').find(line => expected.test(line)), expected)
  })
}

t.test('content behind the gateway: a page', async t => {
  const page = await readFile(new URL('../../fixtures/pages/fastapi-docs.html', import.meta.url), 'utf8')
  t.match(rewriteContent(page, 'text/html; charset=utf-8', optionsAt('/docs')), /url: '\/users\/openapi\.json'/)
})

t.test('a YAML document that would take long to read is passed on, one in JSON is not', async t => {
  const yaml = `${yamlDocument}#${' '.repeat(MAX_YAML_BYTES - yamlDocument.length - 1)}`
  t.match(rewriteContent(yaml, 'application/yaml', optionsAt('/openapi.yaml')), '/users/x')
  t.equal(rewriteContent(`${yaml} `, 'application/yaml', optionsAt('/openapi.yaml')), undefined)
  t.match(rewriteContent(jsonDocument + ' '.repeat(MAX_YAML_BYTES), 'application/json', optionsAt('/openapi.json')), '/users/x')
})
