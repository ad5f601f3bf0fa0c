import t from 'tap'
import { classifyResponse, isCandidatePath, type ResponseClass, selectRewrites } from '../../../lib/rewrite/classify-response.ts'
import { MAX_UNKNOWN_PAGE_BYTES } from '../../../lib/rewrite/pages/candidate.ts'

const openapi = { mode: 'paths' as const, documents: [], pages: [], maxBytes: 1 }

t.test('headers and documents are rewritten, unless the app knows its prefix', async t => {
  t.strictSame(selectRewrites({ prefixAware: false, openapi }), { headers: true, content: openapi })
  t.strictSame(selectRewrites({ prefixAware: false, openapi: null }), { headers: true, content: null })
  t.strictSame(selectRewrites({ prefixAware: true, openapi }), { headers: false, content: null })
})

const RULE = { mode: 'paths' as const, documents: ['/spec', '/files/api.txt'], pages: ['/handbook'], maxBytes: 5_000_000 }

const candidates = [
  '/openapi.json', '/openapi.yaml', '/openapi.yml', '/api/v1/openapi.json', '/swagger.json', '/swagger.yaml', '/swagger/v1/swagger.json', '/swagger/v1/swagger.yml',
  '/v2/api-docs', '/v3/api-docs', '/v3/api-docs/', '/v3/api-docs.yaml', '/v3/api-docs/public', '/v3/api-docs/public/x', '/app/v3/api-docs/swagger-config',
  '/documentation/json', '/documentation/yaml', '/docs/json', '/api-docs', '/api-docs.json', '/api-json', '/api-yaml',
  '/docs', '/redoc', '/documentation/', '/swagger-ui/index.html', '/swagger-ui-init.js', '/docs/oauth2-redirect',
  '/spec', '/files/api.txt', '/handbook', '/handbook/',
]
const others = ['/', '', '/users', '/openapi.json.bak', '/myopenapi.json', '/openapi.json/x', '/v4/api-docs/x', '/v3/api-docsx', '/swagger/v1.json', '/documentation/xml', '/spec/x', '/spec.json', '/handbook/x', '/json']

t.test('documents and pages are expected where frameworks and the configuration say', async t => {
  for (const path of candidates) t.equal(isCandidatePath(path, RULE), true, path)
  for (const path of others) t.equal(isCandidatePath(path, RULE), false, path)
})

interface Row {
  name: string
  path?: string
  statusCode?: number
  type?: string
  length?: string
  encoding?: string
  expected: ResponseClass
}

const rows: Row[] = [
  { name: 'a document where one is expected', path: '/openapi.json', type: 'application/json', length: '100', expected: 'buffer' },
  { name: 'a document without a length', path: '/openapi.json', type: 'application/json', expected: 'buffer' },
  { name: 'a document where the configuration says', path: '/spec', type: 'application/json; charset=utf-8', expected: 'buffer' },
  { name: 'a document that has no type of its own', path: '/files/api.txt', type: 'text/plain', length: '100', expected: 'buffer' },
  { name: 'a document of the longest kind', path: '/openapi.json', type: 'application/json', length: '5000000', expected: 'buffer' },
  { name: 'a document that is too long', path: '/openapi.json', type: 'application/json', length: '5000001', expected: 'passthrough' },
  { name: 'a document that is compressed all the same', path: '/openapi.json', type: 'application/json', length: '100', encoding: 'gzip', expected: 'passthrough' },
  { name: 'a part of a document', path: '/openapi.json', statusCode: 206, type: 'application/json', length: '100', expected: 'passthrough' },
  { name: 'an error at the path of a document', path: '/openapi.json', statusCode: 404, type: 'application/json', length: '100', expected: 'passthrough' },
  { name: 'something without a type', path: '/openapi.json', length: '100', expected: 'passthrough' },
  { name: 'a picture at the path of a document', path: '/openapi.json', type: 'image/png', length: '100', expected: 'passthrough' },
  { name: 'a page where one is expected, streamed', path: '/docs', type: 'text/html', expected: 'buffer' },
  { name: 'a page where the configuration says', path: '/handbook/', type: 'text/html; charset=utf-8', expected: 'buffer' },
  { name: 'a start script', path: '/docs/swagger-ui-init.js', type: 'application/javascript', expected: 'buffer' },
  { name: 'short HTML', path: '/', type: 'text/html', length: String(MAX_UNKNOWN_PAGE_BYTES), expected: 'buffer' },
  { name: 'long HTML', path: '/', type: 'text/html', length: String(MAX_UNKNOWN_PAGE_BYTES + 1), expected: 'passthrough' },
  { name: 'HTML that may never end', path: '/', type: 'text/html', expected: 'passthrough' },
  { name: 'JSON elsewhere', path: '/users', type: 'application/json', length: '100', expected: 'sniff' },
  { name: 'YAML elsewhere', path: '/users', type: 'application/yaml', length: '100', expected: 'sniff' },
  { name: 'JSON at a page\'s path', path: '/docs', type: 'application/json', length: '100', expected: 'sniff' },
  { name: 'JSON elsewhere that may never end', path: '/users', type: 'application/json', expected: 'passthrough' },
  { name: 'text elsewhere', path: '/users', type: 'text/plain', length: '100', expected: 'passthrough' },
  { name: 'bytes elsewhere', path: '/users', type: 'application/octet-stream', length: '100', expected: 'passthrough' },
  { name: 'an event stream', path: '/openapi.json', type: 'text/event-stream', expected: 'passthrough' },
]

for (const { name, path = '/x', statusCode = 200, type, length, encoding, expected } of rows) {
  t.test(`the class of a response: ${name}: ${expected}`, async t => {
    const headers = {
      ...(type !== undefined && { 'content-type': type }),
      ...(length !== undefined && { 'content-length': length }),
      ...(encoding !== undefined && { 'content-encoding': encoding }),
    }
    t.equal(classifyResponse({ statusCode, headers }, path, RULE), expected)
  })
}

t.test('several values of Content-Length count as none', async t => {
  t.equal(classifyResponse({ statusCode: 200, headers: { 'content-type': 'application/json', 'content-length': ['1', '1'] } }, '/users', RULE), 'passthrough')
})
