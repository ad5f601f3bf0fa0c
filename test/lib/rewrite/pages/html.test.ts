import t from 'tap'
import { detectPage, rewritePage } from '../../../../lib/rewrite/pages/page.ts'
import { options } from './support.ts'

const bundle = '<script src="https://cdn.example/swagger-ui-bundle.js"></script>'

/** What stands in a page beside Swagger UI, and what becomes of it. */
const rows: [name: string, source: string, expected?: string][] = [
  ['a stylesheet', '<link rel=stylesheet href="/a.css">', '<link rel=stylesheet href="/users/a.css">'],
  ['a script', "<SCRIPT SRC = '/a.js'></SCRIPT>", "<SCRIPT SRC = '/users/a.js'></SCRIPT>"],
  ['an image', '<img alt="" src="/a.png"/>', '<img alt="" src="/users/a.png"/>'],
  ['the base', '<base href="/">', '<base href="/users/">'],
  ['an address of the upstream', '<img src="http://10.0.0.5:8001/a.png">', '<img src="/users/a.png">'],
  ['a value without quotes', '<link href=/a?b=c&amp;d>', '<link href="/users/a?b=c&amp;d">'],
  ['character references', '<img src="&#x2F;a&#47;b&sol;c&quot;&#0;&#x110000;&nbsp;">', '<img src="/users/a/b/c&quot;&amp;#0;&amp;#x110000;&amp;nbsp;">'],
  ['single quotes', "<img src='/a\"&apos;&lt;'>", "<img src='/users/a\"&#39;&lt;'>"],
  ['a relative address', '<img src="a.png"><img src="./b.png">'],
  ['a foreign address', '<img src="https://cdn.example/a.png"><script src="//cdn.example/b.js"></script>'],
  ['a link', '<a href="/docs">'],
  ['a form', '<form action="/login">'],
  ['another attribute', '<link title="/a" src="/b"><script data-url="/c"></script>'],
  ['an attribute without a value', '<img src><img src = ><img =src="/a">'],
  ['a comment', '<!-- <img src="/a.png"> --><!doctype html><?xml <img src="/b.png"?>'],
  ['text', '<title><img src="/a.png"></title><textarea><img src="/b.png"></textarea>&lt;img src="/c.png"> < img src="/d.png"></img src="/e.png">'],
  ['a script that does not start the page', '<script>const url = "/a"; track({ url: "/b" })</script>'],
  ['data', '<script type="application/json">{"url":"/a","openapi":"3.1.0"}</script>'],
  ['a document in Scalar\'s element', '<script id="api-reference">{"openapi":"3.1.0","paths":{"/a":{}}}</script>', '<script id="api-reference">{"openapi":"3.1.0","paths":{"/users/a":{}}}</script>'],
  ['Scalar\'s element', '<script id="api-reference" data-url="/a" data-configuration="{"></script>', '<script id="api-reference" data-url="/users/a" data-configuration="{"></script>'],
  ['an element of RapiDoc', '<rapi-doc spec-url="/a">', '<rapi-doc spec-url="/users/a">'],
  ['an element of Stoplight', '<elements-api apiDescriptionUrl="/a">', '<elements-api apiDescriptionUrl="/users/a">'],
  ['a start script without its end', '<script>SwaggerUIBundle({ url: "/a" })', '<script>SwaggerUIBundle({ url: "/users/a" })'],
  ['a start script with text of its end', '<script>SwaggerUIBundle({ url: "/a</scripty" })</script >', '<script>SwaggerUIBundle({ url: "/users/a\\u003c/scripty" })</script >'],
  ['a tag without its end', '<img src="/a.png'],
  ['a comment without its end', '<!-- <img src="/a.png">'],
]

for (const [name, source, expected] of rows) {
  t.test(`in a page of Swagger UI, ${name} ${expected === undefined ? 'stays' : 'is rewritten'}`, async t => {
    t.equal(rewritePage(bundle + source, 'html', options), expected && bundle + expected)
  })
}

const pages: [name: string, html: string][] = [
  ['Swagger UI from a CDN', bundle],
  ['Swagger UI with a version', '<script src="/swagger-ui-bundle.js?v=5"></script>'],
  ['Swagger UI bundled by the app', '<script>window.onload = () => SwaggerUIBundle({})</script>'],
  ['Swagger UI\'s OAuth redirect', '<body><script src="oauth2-redirect.js"></script>'],
  ['ReDoc', '<redoc spec-url="/a">'],
  ['ReDoc by its function', '<script>Redoc . init("/a")</script>'],
  ['Scalar', '<script src="https://cdn.jsdelivr.net/npm/@scalar/api-reference"></script>'],
  ['Scalar with a version', '<script src="https://cdn.jsdelivr.net/npm/@scalar/api-reference@1.28.5/dist/browser/standalone.js"></script>'],
  ['Scalar as a module', '<script type=module>import { createApiReference } from "x"; createApiReference("#app", {})</script>'],
]

for (const [name, html] of pages) {
  t.test(`${name} is recognised`, async t => t.equal(detectPage(html, 'text/html'), 'html'))
}

const others: [name: string, text: string, contentType?: string][] = [
  ['an empty page', ''],
  ['a page with a link to the documentation', '<a href="/docs">Our API, by swagger-ui and redoc</a><script src="/app.js"></script>'],
  ['a page about Swagger UI', '<p>Load <code>&lt;script src="swagger-ui-bundle.js"></code> and call SwaggerUIBundle({ url: "/a" }).</p>'],
  ['a page that has it in a comment', `<!-- ${bundle} -->`],
  ['a page that has it in a text field', `<textarea>${bundle}</textarea>`],
  ['a page with its name in a string of a script', '<script>push("SwaggerUIBundle({ url: \'/a\' })")</script>'],
  ['a page with its name in a comment of a script', '<script>// SwaggerUIBundle({ url: "/a" })</script>'],
  ['a page with its name in a broken script', '<script>" SwaggerUIBundle({})</script>'],
  ['a page that defines a function of that name', '<script>function  SwaggerUI () {} </script>'],
  ['a page with a library of a similar name', '<script src="/my-swagger-ui.js"></script><script src="/swagger-ui.json"></script>'],
  ['an element that is not ReDoc', '<redoc-like spec-url="/a"><redoc>'],
  ['another init', '<script>redoc.init("/a"); init("/b"); Redoc.start("/c")</script>'],
  ['a script that speaks of it', 'export const text = "SwaggerUIBundle({})"', 'text/javascript'],
  ['a script that has it in a document', 'options = { "swaggerDoc": { "a": "SwaggerUIBundle(" } }', 'text/javascript'],
  ['an API document', '{"openapi":"3.1.0","info":{"x":{"configUrl":"/a"}}}', 'application/json'],
  ['a list', '[{"configUrl":"/a"}]', 'application/json'],
  ['no JSON', '{"configUrl":"/a"', 'application/json'],
  ['a JSON text', '" \\"configUrl\\": "', 'application/json'],
  ['null', 'null', 'application/json'],
  ['another media type', bundle, 'text/plain'],
]

for (const [name, text, contentType = 'text/html'] of others) {
  t.test(`${name} is not taken for a page`, async t => t.equal(detectPage(text, contentType), undefined))
}

t.test('nothing is taken for a page without a media type', async t => t.equal(detectPage(bundle, undefined), undefined))

t.test('what takes quadratic time with naive patterns does not', async t => {
  const evil = ['<', '<a ', '<a b="\'', '<!--', '<script>', '<title ', '=', ' ', '<a b=']
  const start = performance.now()
  for (const part of evil) detectPage(`swagger-ui<a ${part.repeat(50_000)}`, 'text/html')
  t.ok(performance.now() - start < 10_000)
})
