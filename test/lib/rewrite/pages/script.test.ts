/* eslint no-template-curly-in-string: off -- templates are what is tested */
import t from 'tap'
import { rewritePage } from '../../../../lib/rewrite/pages/page.ts'
import { options } from './support.ts'

/** What is given to Swagger UI, and what becomes of it. */
const settings: [name: string, source: string, expected?: string][] = [
  ['a path', "{ url: '/openapi.json' }", "{ url: '/users/openapi.json' }"],
  ['a key in quotes', '{ "url": "/a" }', '{ "url": "/users/a" }'],
  ['a key with an escape', '{ "\\u0075rl": "/a" }', '{ "\\u0075rl": "/users/a" }'],
  ['a string with escapes, in the quotes that it had', "{ url: '\\/a\\x27\\u{62}\\q' }", "{ url: '/users/a\\'bq' }"],
  ['an escape that is none', '{ url: "/a\\u{110000}" }', '{ url: "/users/a\\\\u{110000}" }'],
  ['a template', '{ url: `/a\\`\\${b}` }', '{ url: `/users/a\\`\\${b}` }'],
  ['an address of the upstream', "{ url: 'http://10.0.0.5:8001/a' }", "{ url: '/users/a' }"],
  ['an address of the host that the client requested', "{ url: 'http://localhost:3000/a' }", "{ url: '/users/a' }"],
  ['a foreign address', "{ url: 'https://petstore.example/a' }"],
  ['a relative address', "{ url: './openapi.json' }"],
  ['no address', "{ url: '' }"],
  ['a list of documents', "{ urls: [{ url: '/a' }, { url: '/b', name: '/c' }] }", "{ urls: [{ url: '/users/a' }, { url: '/users/b', name: '/c' }] }"],
  ['settings of settings', "{ configUrl: '/c', validatorUrl: '/v' }", "{ configUrl: '/users/c', validatorUrl: '/users/v' }"],
  ['other settings', "{ dom_id: '/x', layout: '/y', plugins: ['/z'], 'a b': { url: '/n' } }"],
  ['settings that only sound like some', "{ onComplete: { url: '/x' }, plugins: [{ url: '/y' }], requestInterceptor (r) { r.url = '/z' } }"],
  ['an address behind the origin', "{ url: location.origin + '/a' }", "{ url: location.origin + '/users/a' }"],
  ['an address behind the host', "{ url: location.protocol + '//' + host + '/a' }", "{ url: location.protocol + '//' + host + '/users/a' }"],
  ['a template with the origin', '{ url: `${window.location.origin}/a` }', '{ url: `${window.location.origin}/users/a` }'],
  ['a template with an object and a template in it', '{ url: `/a/${f({ b: `${c}` })}/d` }', '{ url: `/users/a/${f({ b: `${c}` })}/d` }'],
  ['an address behind a path of the page', "{ url: location.pathname + '/a' }"],
  ['an address behind something else', "{ url: base + '/a' }"],
  ['a choice', "{ url: a ? '/a' : '/b', configUrl: c || '/c', x: d ?? '/d' }", "{ url: a ? '/users/a' : '/users/b', configUrl: c || '/users/c', x: d ?? '/d' }"],
  ['a group', "{ url: ('/a') }", "{ url: ('/users/a') }"],
  ['a URL object', "{ url: new URL('/a', '/b').href }", "{ url: new URL('/users/a', '/b').href }"],
  ['an argument of something else', "{ url: location.pathname.endsWith('/') ? resolve('/a') : f()('/b') }"],
  ['a redirect that is a path', "{ oauth2RedirectUrl: '/r' }", "{ oauth2RedirectUrl: '/users/r' }"],
  ['an absolute redirect', "{ oauth2RedirectUrl: ('http://10.0.0.5:8001/r') }", "{ oauth2RedirectUrl: ('https://api.example.com/users/r') }"],
  ['a foreign redirect', "{ oauth2RedirectUrl: 'https://login.example/r' }"],
  ['a document', '{ spec: { "swagger": "2.0", "paths": { "/a": {} } } }', '{ spec: { "swagger": "2.0", "paths": { "/users/a": {} } } }'],
  ['a document that is right', '{ spec: { "swagger": "2.0", "paths": {} }, url: "/a" }', '{ spec: { "swagger": "2.0", "paths": {} }, url: "/users/a" }'],
  ['a document in a string', '{ content: \'{"openapi":"3.1.0","paths":{"/a":{}}}\' }', '{ content: \'{"openapi":"3.1.0","paths":{"/users/a":{}}}\' }'],
  ['a document in YAML', '{ content: "openapi: 3.1.0\\npaths:\\n  /a: {}\\n" }', '{ content: "openapi: 3.1.0\\u000apaths:\\u000a  /users/a: {}\\u000a" }'],
  ['a string that is no document', "{ content: '/a' }"],
  ['no document', "{ spec: { url: '/a', spec: { x: 1 } } }", "{ spec: { url: '/users/a', spec: { x: 1 } } }"],
  ['strings and comments in what is looked through', "{ spec: { a: \"}\", b: '{', c: `\\`}`, d: { e: '\\'' }, url: '/a' } }", "{ spec: { a: \"}\", b: '{', c: `\\`}`, d: { e: '\\'' }, url: '/users/a' } }"],
  ['regular expressions', "{ a: /[/'\"]/g.test(b), c: d / 2 / e, f: (1) / 2, g: [/\\/'/], url: '/a' }", "{ a: /[/'\"]/g.test(b), c: d / 2 / e, f: (1) / 2, g: [/\\/'/], url: '/users/a' }"],
  ['comments', "{ // it's\n/* it's */ url: '/a' <!-- it's\n }", "{ // it's\n/* it's */ url: '/users/a' <!-- it's\n }"],
]

for (const [name, source, expected] of settings) {
  t.test(`a setting of Swagger UI: ${name} ${expected === undefined ? 'stays' : 'is rewritten'}`, async t => {
    t.equal(rewritePage(`SwaggerUIBundle(${source})`, 'script', options), expected && `SwaggerUIBundle(${expected})`)
  })
}

const scripts: [name: string, source: string, expected?: string][] = [
  ['a regular expression at the very beginning', "/'/; SwaggerUIBundle({ url: '/a' })", "/'/; SwaggerUIBundle({ url: '/users/a' })"],
  ['a regular expression behind a keyword', "function f () { return /'/ } SwaggerUIBundle({ url: '/a' })", "function f () { return /'/ } SwaggerUIBundle({ url: '/users/a' })"],
  ['settings in a variable', "const config = { url: '/a' }", "const config = { url: '/users/a' }"],
  ['settings that are merged', "Object.assign({}, { url: '/a' }, other)", "Object.assign({}, { url: '/users/a' }, other)"],
  ['settings in JSON', 'JSON.parse(\'{"url":"/it\\\'s"}\')', 'JSON.parse(\'{"url":"/users/it\\\'s"}\')'],
  ['JSON without an address', "JSON.parse('{}')"],
  ['what is no JSON', "JSON.parse('{\"url\":\"/a')"],
  ['the address in a variable', "let url = '/a'; url = '/b'", "let url = '/users/a'; url = '/users/b'"],
  ['an address of something else', "request.url = '/a'; href = '/b'; if (url == '/c') fetch('/d')"],
  ['the origin in a variable', "const a = location.origin + '/a', b = origin + '/b'", "const a = location.origin + '/users/a', b = origin + '/b'"],
  ['ReDoc', "Redoc.init('/a', { url: '/b' })", "Redoc.init('/users/a', { url: '/users/b' })"],
  ['another init', "other.init('/a', { url: '/b' })"],
  ['a list of settings', "createApiReference('#app', [{ url: '/a' }, { url: '/b' }])", "createApiReference('#app', [{ url: '/users/a' }, { url: '/users/b' }])"],
  ['a call of something else', "$.ajax({ url: '/a' })"],
  ['an open string', "SwaggerUIBundle({ url: '/a', x: 'y\n' })"],
  ['an open regular expression', "SwaggerUIBundle({ url: '/a', x: /y\n/ })"],
  ['an open comment', "SwaggerUIBundle({ url: '/a' }) /* "],
  ['an open template', "SwaggerUIBundle({ url: '/a' }) `${"],
  ['an open template chunk', "SwaggerUIBundle({ url: '/a' }) `"],
  ['an open bracket', "SwaggerUIBundle({ url: '/a' }"],
  ['an open document', "SwaggerUIBundle({ url: '/a', spec: { "],
  ['a bracket too many', "SwaggerUIBundle({ url: '/a' }))"],
  ['a wrong bracket', "SwaggerUIBundle({ url: '/a' ]"],
  ['nothing', ''],
]

for (const [name, source, expected] of scripts) {
  t.test(`a start script: ${name} ${expected === undefined ? 'stays' : 'is rewritten'}`, async t => {
    t.equal(rewritePage(source, 'script', options), expected)
  })
}

t.test('a relative server of a document is relative to the page, with swagger-ui-express to the root', async t => {
  const document = '{"openapi":"3.0.0","servers":[{"url":"v1"}],"paths":{"/a":{}}}'
  const page = { ...options, documentPath: '/help/docs' }
  t.match(rewritePage(`SwaggerUIBundle({spec:${document}})`, 'script', page), '"/users/help/v1/a"')
  t.match(rewritePage(`options = {"swaggerDoc":${document}}`, 'script', page), '"/users/v1/a"')
})

t.test('what takes quadratic time with naive patterns does not', async t => {
  const evil = ['(/[', '`${', '/*', '"\'', 'x={spec:', 'x={spec:{}', 'JSON.parse("', '/', '<!--', '\\', '(', '{']
  const start = performance.now()
  for (const part of evil) rewritePage(part.repeat(20_000), 'script', options)
  const nested = `x=${'{spec:'.repeat(20_000)}${'}'.repeat(20_000)}`
  t.equal(rewritePage(nested, 'script', options), undefined)
  t.ok(performance.now() - start < 10_000)
})
