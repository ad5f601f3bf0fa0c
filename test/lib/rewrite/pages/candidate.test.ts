import t from 'tap'
import { isPagePath, MAX_UNKNOWN_PAGE_BYTES, isPageCandidate } from '../../../../lib/rewrite/pages/candidate.ts'

const known = [
  '/docs', '/docs/', '/redoc', '/docs/oauth2-redirect',
  '/documentation', '/documentation/', '/documentation/static/index.html', '/documentation/static/swagger-initializer.js',
  '/api-docs', '/api-docs/', '/api-docs/swagger-ui-init.js', '/api', '/api/', '/api/swagger-ui-init.js', '/any/where/swagger-ui-init.js',
  '/swagger-ui.html', '/swagger-ui/', '/swagger-ui/index.html', '/swagger-ui/swagger-initializer.js', '/swagger-ui/oauth2-redirect.html',
  '/webjars/swagger-ui/index.html', '/v3/api-docs/swagger-config', '/swagger', '/swagger/index.html', '/swagger/index.js',
  '/reference', '/scalar', '/scalar/v1', '/v1/docs',
]
const unknown = ['/', '/doc', '/docs/guide', '/mydocs', '/api/users', '/apis', '/redoc.html', '/index.html', '/swagger-ui-init.js.map', '/swagger-config/x', '/openapi.json', '/scalar/v1/x']

for (const path of known) t.test(`${path} is a page's path`, async t => t.ok(isPagePath(path, [])))
for (const path of unknown) t.test(`${path} is none`, async t => t.notOk(isPagePath(path, [])))

t.test('paths can be added, a slash at the end does not matter', async t => {
  t.ok(isPagePath('/help', ['/help/']))
  t.ok(isPagePath('/help/', ['/help']))
  t.notOk(isPagePath('/help/x', ['/help']))
})

const short = 1000
const rows: [string, string, string | undefined, number | undefined, boolean][] = [
  ['HTML at a known path', '/docs', 'text/html; charset=utf-8', undefined, true],
  ['large HTML at a known path', '/docs', 'text/html', MAX_UNKNOWN_PAGE_BYTES + 1, true],
  ['XHTML at a known path', '/docs', 'Application/XHTML+xml', undefined, true],
  ['HTML at an added path', '/help', 'text/html', undefined, true],
  ['short HTML elsewhere', '/', 'text/html', MAX_UNKNOWN_PAGE_BYTES, true],
  ['large HTML elsewhere', '/', 'text/html', MAX_UNKNOWN_PAGE_BYTES + 1, false],
  ['HTML without a length elsewhere', '/', 'text/html', undefined, false],
  ['a start script', '/x/swagger-initializer.js', 'text/javascript', undefined, true],
  ['a script at an added path', '/help', 'application/javascript', short, true],
  ['a script elsewhere', '/app.js', 'text/javascript', short, false],
  ['settings', '/v3/api-docs/swagger-config', 'application/json', undefined, true],
  ['settings at an added path', '/help', 'application/json', undefined, true],
  ['JSON at the path of a page', '/api', 'application/json', short, false],
  ['another media type at a known path', '/docs', 'text/plain', short, false],
  ['no media type', '/docs', undefined, short, false],
]

for (const [name, path, contentType, contentLength, expected] of rows) {
  t.test(`${name} is ${expected ? 'looked at' : 'passed on'}`, async t => {
    t.equal(isPageCandidate({ path, contentType, contentLength }, ['/help']), expected)
  })
}
