import { createHash } from 'node:crypto'
import t from 'tap'
import { ContentRewriter } from '../../../lib/rewrite/content-rewriter.ts'
import type { Place } from '../../../lib/rewrite/public-base.ts'
import { createContext } from './openapi/context.ts'

const RULE = { mode: 'paths' as const, documents: [], pages: [], maxBytes: 10_000 }
const JSON_TYPE = 'application/json'

const place = (changes: Partial<Place> = {}): Place => ({ ...createContext(), origin: 'http://gw.example:8000', ...changes })
const documentOf = (path: string) => Buffer.from(`{"openapi":"3.0.0","info":{"title":"caf\u00e9"},"paths":{"${path}":{}}}`)

t.test('a document comes with its length in bytes and its ETag', async t => {
  const { bytes, byteLength, etag } = new ContentRewriter(RULE).rewrite(documentOf('/x'), JSON_TYPE, '/openapi.json', place())!
  t.match(JSON.parse(bytes.toString()), { info: { title: 'caf\u00e9' }, paths: { '/users/x': {} } })
  t.equal(byteLength, bytes.length)
  t.equal(etag, `"${createHash('sha256').update(bytes).digest('base64url')}"`)
})

t.test('the mode is the location\'s', async t => {
  const { bytes } = new ContentRewriter({ ...RULE, mode: 'servers' }).rewrite(documentOf('/x'), JSON_TYPE, '/openapi.json', place())!
  t.match(JSON.parse(bytes.toString()), { servers: [{ url: '/users' }], paths: { '/x': {} } })
})

t.test('the same bytes for a client in the same place are not read again', async t => {
  const rewriter = new ContentRewriter(RULE)
  const first = rewriter.rewrite(documentOf('/x'), JSON_TYPE, '/openapi.json', place())
  t.equal(rewriter.rewrite(documentOf('/x'), JSON_TYPE, '/openapi.json', place()), first)
})

t.test('what an answer depends on makes it another one', async t => {
  const rewriter = new ContentRewriter(RULE)
  const first = rewriter.rewrite(documentOf('/x'), JSON_TYPE, '/openapi.json', place())
  const others: Record<string, [Buffer, string, string, Place]> = {
    'its bytes': [documentOf('/y'), JSON_TYPE, '/openapi.json', place()],
    'its type': [documentOf('/x'), 'text/json', '/openapi.json', place()],
    'its path': [documentOf('/x'), JSON_TYPE, '/v1/openapi.json', place()],
    'the prefix': [documentOf('/x'), JSON_TYPE, '/openapi.json', place({ prefix: '/public/users' })],
    'the base path': [documentOf('/x'), JSON_TYPE, '/openapi.json', place({ basePath: '/v2' })],
    'the client\'s hosts': [documentOf('/x'), JSON_TYPE, '/openapi.json', place({ clientHosts: ['other.example'] })],
    'the gateway\'s origin': [documentOf('/x'), JSON_TYPE, '/openapi.json', place({ origin: 'https://gw.example:8000' })],
  }
  for (const [name, given] of Object.entries(others)) t.not(rewriter.rewrite(...given), first, name)
  t.equal(rewriter.rewrite(documentOf('/x'), JSON_TYPE, '/openapi.json', place()), first, 'it is still known')
})

t.test('what is kept is bounded by the bytes of two of the longest: what was used last', async t => {
  const rewriter = new ContentRewriter({ ...RULE, maxBytes: 1000 })
  const rewrite = (path: string) => rewriter.rewrite(documentOf(path), JSON_TYPE, '/openapi.json', place())
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
    for (const time of ['at first', 'and again']) t.equal(rewriter.rewrite(bytes, type, '/openapi.json', place()), null, time)
  })
}

t.test('UTF-8 by any of its names is read', async t => {
  for (const charset of ['utf-8', 'UTF8', '"utf-8"', 'us-ascii']) {
    t.ok(new ContentRewriter(RULE).rewrite(documentOf('/x'), `${JSON_TYPE}; charset=${charset}`, '/openapi.json', place()), charset)
  }
})

t.test('a byte order mark stays where it is', async t => {
  const yaml = Buffer.from('\ufeffopenapi: 3.0.0\npaths:\n  /x: {}\n')
  const result = new ContentRewriter(RULE).rewrite(yaml, 'application/yaml', '/openapi.yaml', place())
  t.strictSame(result?.bytes.subarray(0, 4), Buffer.from('\ufeffo'))
  t.match(result?.bytes.toString(), '/users/x')
})
