import t from 'tap'
import type { PageKind } from '../../../../lib/rewrite/pages/candidate.ts'
import { detectPage, rewritePage } from '../../../../lib/rewrite/pages/page.ts'
import { options, readFixture } from './support.ts'

type Change = [from: string, to: string]

/** File, what it is, and every part of it that changes, in order: the rest must stay byte for byte. */
const rows: [file: string, kind: PageKind | undefined, changes: Change[]][] = [
  ['fastapi-docs.html', 'html', [
    ["'/openapi.json'", "'/users/openapi.json'"],
    ["'/docs/oauth2-redirect'", "'/users/docs/oauth2-redirect'"],
  ]],
  ['fastapi-redoc.html', 'html', [['spec-url="/openapi.json"', 'spec-url="/users/openapi.json"']]],
  ['fastapi-oauth2-redirect.html', undefined, []],
  ['fastapi-0.115-docs.html', 'html', [
    ['href="/static/swagger-ui.css"', 'href="/users/static/swagger-ui.css"'],
    ['href="/static/favicon.png"', 'href="/users/static/favicon.png"'],
    ["'/api/v1/openapi.json'", "'/users/api/v1/openapi.json'"],
    ["'/docs/oauth2-redirect'", "'/users/docs/oauth2-redirect'"],
  ]],
  ['fastify-documentation.html', 'html', [
    'swagger-ui.css', 'index.css', 'favicon-32x32.png', 'favicon-16x16.png', 'swagger-ui-bundle.js', 'swagger-ui-standalone-preset.js', 'swagger-initializer.js',
  ].map(name => [`"/documentation/static/${name}"`, `"/users/documentation/static/${name}"`])],
  ['fastify-documentation-slash.html', 'html', []],
  ['fastify-initializer.js.txt', 'script', []],
  ['express-api-docs.html', 'html', []],
  ['express-document-init.js.txt', 'script', [['"/items/{id}"', '"/users/items/{id}"'], ['"/items"', '"/users/items"']]],
  ['express-url.html', 'html', [
    ['"/favicon.ico"', '"/users/favicon.ico"'],
    ["'/static/logo.js'", "'/users/static/logo.js'"],
    ["'/static/theme.css'", "'/users/static/theme.css'"],
  ]],
  ['express-url-init.js.txt', 'script', [['"/openapi.json"', '"/users/openapi.json"']]],
  ['express-urls-init.js.txt', 'script', [['"/openapi.json"', '"/users/openapi.json"']]],
  ['nest-api.html', 'html', [
    ['"/assets/cats.ico"', '"/users/assets/cats.ico"'],
    ["'/assets/cats.js'", "'/users/assets/cats.js'"],
    ["'/assets/cats.css'", "'/users/assets/cats.css'"],
  ]],
  ['nest-init.js.txt', 'script', [
    ['"/cats"', '"/users/cats"'],
    ['"/auth/token"', '"/users/auth/token"'],
    ['"http://localhost:3000/api/oauth2-redirect.html"', '"https://api.example.com/users/api/oauth2-redirect.html"'],
    ['"/api-json"', '"/users/api-json"'],
  ]],
  ['springdoc-index.html', 'html', []],
  ['springdoc-initializer.js.txt', 'script', [['"/v3/api-docs/swagger-config"', '"/users/v3/api-docs/swagger-config"']]],
  ['springdoc-swagger-config.json', 'json', [
    ['"/v3/api-docs/swagger-config"', '"/users/v3/api-docs/swagger-config"'],
    ['"http://10.0.0.5:8001/swagger-ui/oauth2-redirect.html"', '"https://api.example.com/users/swagger-ui/oauth2-redirect.html"'],
    ['"/v3/api-docs"', '"/users/v3/api-docs"'],
    ['"/v3/api-docs/public"', '"/users/v3/api-docs/public"'],
  ]],
  ['swashbuckle-index.html', 'html', [['"/swagger/v1/swagger.json"', '"/users/swagger/v1/swagger.json"']]],
  ['redoc-init.html', 'html', [['"/static/redoc.standalone.js"', '"/users/static/redoc.standalone.js"'], ["'/openapi.yaml'", "'/users/openapi.yaml'"]]],
  ['scalar-data-url.html', 'html', [
    ['href=/favicon.svg', 'href="/users/favicon.svg"'],
    ['"/openapi.json?lang=en&amp;v=2"', '"/users/openapi.json?lang=en&amp;v=2"'],
    ['&quot;/openapi.json&quot;', '&quot;/users/openapi.json&quot;'],
    ['&quot;/favicon.svg&quot;', '&quot;/users/favicon.svg&quot;'],
    ["url: '/openapi.json'", "url: '/users/openapi.json'"],
  ]],
  ['scalar-create.html', 'html', [
    ['"/reference/js/scalar.js"', '"/users/reference/js/scalar.js"'],
    ['"\\/openapi.json"', '"/users/openapi.json"'],
    ['"http://10.0.0.5:8001/<\\/script>"', '"/"'],
    ['"/a"', '"/users/\\u003c/script>/a"'],
    ['"/reference"', '"/users/reference"'],
  ]],
]

const mediaTypes: Record<string, string> = { html: 'text/html; charset=utf-8', txt: 'application/javascript; charset=utf-8', json: 'application/json' }

for (const [file, kind, changes] of rows) {
  t.test(`${file}: the document and the assets stay inside the prefix, the rest as it is`, async t => {
    const text = readFixture(file)
    t.equal(detectPage(text, mediaTypes[file.split('.').at(-1)!]), kind)
    if (kind === undefined) return
    t.equal(rewritePage(text, kind, options), changes.length === 0 ? undefined : change(text, changes))
  })
}

t.test('without a prefix a page stays as it is', async t => {
  const atRoot = { ...options, urlContext: { ...options.urlContext, prefix: '' } }
  for (const file of ['fastapi-docs.html', 'fastapi-redoc.html', 'fastify-documentation.html', 'springdoc-initializer.js.txt']) {
    t.equal(rewritePage(readFixture(file), file.endsWith('.html') ? 'html' : 'script', atRoot), undefined, file)
  }
})

function change (text: string, changes: Change[]): string {
  let position = 0
  let result = ''
  for (const [from, to] of changes) {
    const index = text.indexOf(from, position)
    if (index === -1) throw new Error(`${from} is not in the fixture, or not in this order`)
    result += text.slice(position, index) + to
    position = index + from.length
  }
  return result + text.slice(position)
}
