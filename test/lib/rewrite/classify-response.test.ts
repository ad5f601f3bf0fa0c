import t from 'tap'
import { beginsLikeDocument, isExpected, judgeAnswer } from '../../../lib/rewrite/classify-response.ts'
import { MAX_UNKNOWN_PAGE } from '../../../lib/rewrite/pages/candidate.ts'

const RULE = { mode: 'paths' as const, documents: ['/spec', '/files/api.txt'], pages: ['/handbook'], maxBytes: 5_000_000 }

const expected = [
  '/openapi.json', '/openapi.yaml', '/openapi.yml', '/api/v1/openapi.json', '/swagger.json', '/swagger.yaml', '/swagger/v1/swagger.json', '/swagger/v1/swagger.yml',
  '/v2/api-docs', '/v3/api-docs', '/v3/api-docs/', '/v3/api-docs.yaml', '/v3/api-docs/public', '/v3/api-docs/public/x', '/app/v3/api-docs/swagger-config',
  '/documentation/json', '/documentation/yaml', '/docs/json', '/api-docs', '/api-docs.json', '/api-json', '/api-yaml',
  '/docs', '/redoc', '/documentation/', '/swagger-ui/index.html', '/swagger-ui-init.js', '/docs/oauth2-redirect',
  '/spec', '/files/api.txt', '/handbook', '/handbook/',
]
const unexpected = ['/', '', '/users', '/openapi.json.bak', '/myopenapi.json', '/openapi.json/x', '/v4/api-docs/x', '/v3/api-docsx', '/swagger/v1.json', '/documentation/xml', '/spec/x', '/spec.json', '/handbook/x', '/json']

t.test('documents and pages are expected where frameworks and the configuration say', async t => {
  for (const path of expected) t.equal(isExpected(path, RULE), true, path)
  for (const path of unexpected) t.equal(isExpected(path, RULE), false, path)
})

interface Row {
  name: string
  path?: string
  statusCode?: number
  type?: string
  length?: string
  encoding?: string
  verdict: 'hold' | 'peek' | 'pass'
}

const rows: Row[] = [
  { name: 'a document where one is expected', path: '/openapi.json', type: 'application/json', length: '100', verdict: 'hold' },
  { name: 'a document without a length', path: '/openapi.json', type: 'application/json', verdict: 'hold' },
  { name: 'a document where the configuration says', path: '/spec', type: 'application/json; charset=utf-8', verdict: 'hold' },
  { name: 'a document that has no type of its own', path: '/files/api.txt', type: 'text/plain', length: '100', verdict: 'hold' },
  { name: 'a document of the longest kind', path: '/openapi.json', type: 'application/json', length: '5000000', verdict: 'hold' },
  { name: 'a document that is too long', path: '/openapi.json', type: 'application/json', length: '5000001', verdict: 'pass' },
  { name: 'a document that is packed all the same', path: '/openapi.json', type: 'application/json', length: '100', encoding: 'gzip', verdict: 'pass' },
  { name: 'a part of a document', path: '/openapi.json', statusCode: 206, type: 'application/json', length: '100', verdict: 'pass' },
  { name: 'an error at its place', path: '/openapi.json', statusCode: 404, type: 'application/json', length: '100', verdict: 'pass' },
  { name: 'something without a type', path: '/openapi.json', length: '100', verdict: 'pass' },
  { name: 'a picture at its place', path: '/openapi.json', type: 'image/png', length: '100', verdict: 'pass' },
  { name: 'a page where one is expected, streamed', path: '/docs', type: 'text/html', verdict: 'hold' },
  { name: 'a page where the configuration says', path: '/handbook/', type: 'text/html; charset=utf-8', verdict: 'hold' },
  { name: 'a start script', path: '/docs/swagger-ui-init.js', type: 'application/javascript', verdict: 'hold' },
  { name: 'short HTML', path: '/', type: 'text/html', length: String(MAX_UNKNOWN_PAGE), verdict: 'hold' },
  { name: 'long HTML', path: '/', type: 'text/html', length: String(MAX_UNKNOWN_PAGE + 1), verdict: 'pass' },
  { name: 'HTML that may never end', path: '/', type: 'text/html', verdict: 'pass' },
  { name: 'JSON elsewhere', path: '/users', type: 'application/json', length: '100', verdict: 'peek' },
  { name: 'YAML elsewhere', path: '/users', type: 'application/yaml', length: '100', verdict: 'peek' },
  { name: 'JSON at a page\'s path', path: '/docs', type: 'application/json', length: '100', verdict: 'peek' },
  { name: 'JSON elsewhere that may never end', path: '/users', type: 'application/json', verdict: 'pass' },
  { name: 'text elsewhere', path: '/users', type: 'text/plain', length: '100', verdict: 'pass' },
  { name: 'bytes elsewhere', path: '/users', type: 'application/octet-stream', length: '100', verdict: 'pass' },
  { name: 'an event stream', path: '/openapi.json', type: 'text/event-stream', verdict: 'pass' },
]

for (const { name, path = '/x', statusCode = 200, type, length, encoding, verdict } of rows) {
  t.test(`an answer to look at: ${name}: ${verdict}`, async t => {
    const headers = {
      ...(type !== undefined && { 'content-type': type }),
      ...(length !== undefined && { 'content-length': length }),
      ...(encoding !== undefined && { 'content-encoding': encoding }),
    }
    t.equal(judgeAnswer({ statusCode, headers }, path, RULE), verdict)
  })
}

t.test('two lengths, which nobody would send, are none', async t => {
  t.equal(judgeAnswer({ statusCode: 200, headers: { 'content-type': 'application/json', 'content-length': ['1', '1'] } }, '/users', RULE), 'pass')
})

const beginnings: { name: string, text: string, begins: boolean }[] = [
  { name: 'OpenAPI in JSON', text: '{"openapi":"3.0.0"', begins: true },
  { name: 'Swagger in JSON, behind its title', text: '\n{ "info": {"title": "x"},\n "swagger" : "2.0"', begins: true },
  { name: 'a byte order mark', text: '\ufeff{"openapi":"3.1.0"', begins: true },
  { name: 'OpenAPI in YAML', text: 'openapi: 3.0.0\n', begins: true },
  { name: 'Swagger in YAML, quoted, behind a comment', text: '# pets\n---\nswagger: "2.0"\n', begins: true },
  { name: 'a version that does not exist', text: '{"openapi":"4.0.0"', begins: false },
  { name: 'a list', text: '[{"openapi":"3.0.0"}]', begins: false },
  { name: 'a text that speaks of it', text: 'the openapi: 3', begins: false },
  { name: 'other JSON', text: '{"open":true}', begins: false },
  { name: 'nothing', text: '', begins: false },
  { name: 'the version within the first 1024 bytes', text: `{"x":"${'x'.repeat(1024 - 20)}","openapi":"3"`, begins: true },
  { name: 'the version behind them', text: `{"x":"${'x'.repeat(1024 - 19)}","openapi":"3"`, begins: false },
]

for (const { name, text, begins } of beginnings) {
  t.test(`how a document begins: ${name}: ${begins ? 'yes' : 'no'}`, async t => {
    t.equal(beginsLikeDocument(Buffer.from(text)), begins)
  })
}

t.test('a beginning takes a moment, whatever is in it', async t => {
  const start = performance.now()
  for (const text of ['\n', ' ', '{"openapi"', '\nopenapi', '[\n', '\u00ef']) beginsLikeDocument(Buffer.from(text.repeat(1024), 'latin1'))
  t.ok(performance.now() - start < 500)
})
