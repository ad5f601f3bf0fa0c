import t from 'tap'
import { isDocumentCandidate } from '../../../../lib/rewrite/openapi/candidate.ts'
import { rewriteDocument } from '../../../../lib/rewrite/openapi/document.ts'
import type { Mode } from '../../../../lib/rewrite/openapi/plan.ts'
import type { Json } from './operations.ts'
import { createDocumentContext } from './context.ts'

/** Rewrites and reads a document of an app at `/users`. */
function rewrite (document: Json, mode: Mode = 'paths', given: Parameters<typeof createDocumentContext>[0] = {}): Json {
  const text = JSON.stringify(document)
  return JSON.parse(rewriteDocument(text, 'json', { mode, ...createDocumentContext(given) }) ?? text)
}

const withServers = (servers: Json, extra: object = {}): Json => ({ openapi: '3.0.0', servers, paths: { '/x': { get: {} } }, ...extra })

t.test('mode paths puts prefix and base path before every path', async t => {
  const rows: [name: string, document: Json, paths: string[], servers: Json][] = [
    ['no servers', withServers(undefined), ['/users/x'], undefined],
    ['empty servers', withServers([]), ['/users/x'], []],
    ['the root', withServers([{ url: '/' }]), ['/users/x'], [{ url: '/' }]],
    ['a base path', withServers([{ url: '/api/' }]), ['/users/api/x'], [{ url: '/' }]],
    ['an upstream', withServers([{ url: 'http://localhost:9001/api', description: 'kept', 'x-order': 1 }]), ['/users/api/x'], [{ url: '/', description: 'kept', 'x-order': 1 }]],
    ['two names of one server', withServers([{ url: '/api' }, { url: 'http://127.0.0.1:9001/api/' }]), ['/users/api/x'], [{ url: '/' }]],
    ['a foreign one first', withServers([{ url: 'https://e.com/api' }, { url: '/api' }]), ['/users/api/x'], [{ url: '/' }]],
    ['foreign ones only', withServers([{ url: 'https://e.com/api', description: 'gone' }, { url: '//f.com' }]), ['/users/x'], [{ url: '/' }]],
    ['an empty URL', withServers([{ url: '' }]), ['/users/x'], [{ url: '/' }]],
    ['no URL at all', withServers([{ description: 'odd' }]), ['/users/x'], [{ url: '/' }]],
    ['a URL that is none', withServers([{ url: 7 }]), ['/users/x'], [{ url: '/' }]],
    ['a query, which no server may have', withServers([{ url: '/api?x#y' }]), ['/users/api/x'], [{ url: '/' }]],
    ['variables in the host', withServers([{ url: '{s}://{h}:9001/api', variables: { s: { default: 'http' }, h: { default: 'localhost' } } }]), ['/users/api/x'], [{ url: '/', variables: { s: { default: 'http' }, h: { default: 'localhost' } } }]],
    ['extensions and strange keys', { openapi: '3.0.0', paths: { 'x-a': {}, b: {}, '/': {}, '': {} } }, ['x-a', 'b', '/users/', ''], undefined],
  ]
  for (const [name, document, paths, servers] of rows) {
    const result = rewrite(document)
    t.strictSame(Object.keys(result.paths), paths, name)
    t.strictSame(result.servers, servers, name)
  }
})

t.test('a document with paths that cannot express it is expressed in servers', async t => {
  const variables = { v: { default: 'v1' } }
  const rows: [name: string, document: Json, servers: Json[]][] = [
    ['two base paths', withServers([{ url: '/a' }, { url: '/b' }]), [{ url: '/users/a' }, { url: '/users/b' }]],
    ['a variable', withServers([{ url: '/api/{v}', variables }]), [{ url: '/users/api/{v}', variables }]],
    ['a variable without a default', withServers([{ url: '/api/{v}' }]), [{ url: '/users/api/{v}' }]],
    ['another base path of an operation', withServers([{ url: '/a' }], { paths: { '/x': { get: { servers: [{ url: '/b' }] } } } }), [{ url: '/users/a' }]],
    ['a foreign operation of an own path', withServers([{ url: '/a' }], { paths: { '/x': { get: {}, put: { servers: [{ url: 'https://e.com' }] } } } }), [{ url: '/users/a' }]],
    ['an own operation of a foreign path', withServers([{ url: '/a' }], { paths: { '/x': { servers: [{ url: 'https://e.com' }], additionalOperations: { COPY: { servers: [{ url: '/a' }] } } } } }), [{ url: '/users/a' }]],
    ['a referred path item with servers', withServers([{ url: '/a' }], { paths: { '/x': { $ref: '#/components/pathItems/i' } }, components: { pathItems: { i: { servers: [{ url: '/b' }] } } } }), [{ url: '/users/a' }]],
  ]
  for (const [name, document, servers] of rows) {
    const result = rewrite(document)
    t.strictSame(Object.keys(result.paths), ['/x'], name)
    t.strictSame(result.servers, servers, name)
  }
})

t.test('a path that is foreign alone keeps its name and its servers', async t => {
  const foreign = { servers: [{ url: 'https://e.com' }], get: {} }
  const byOperation = { get: { servers: [{ url: 'https://e.com' }] } }
  const result = rewrite({ openapi: '3.0.0', paths: { '/own': {}, '/foreign': foreign, '/operations': byOperation }, components: { links: { a: { operationRef: '#/paths/~1foreign/get' } } } })
  t.strictSame(result.paths, { '/users/own': {}, '/foreign': foreign, '/operations': byOperation })
  t.equal(result.components.links.a.operationRef, '#/paths/~1foreign/get')
})

t.test('mode servers gives every own server its public path', async t => {
  const rows: [name: string, servers: Json, expected: Json, given?: Parameters<typeof createDocumentContext>[0]][] = [
    ['none', undefined, [{ url: '/users' }]],
    ['empty', [], [{ url: '/users' }]],
    ['null', null, [{ url: '/users' }]],
    ['no list', {}, [{ url: '/users' }]],
    ['the root', [{ url: '/' }], [{ url: '/users' }]],
    ['foreign ones stay behind', [{ url: 'https://e.com' }], [{ url: '/users' }, { url: 'https://e.com' }]],
    ['foreign ones stay beside', [{ url: 'https://e.com' }, { url: '/a' }], [{ url: 'https://e.com' }, { url: '/users/a' }]],
    ['relative to the document', [{ url: '../v1/' }], [{ url: '/users/v1' }], { documentPath: '/docs/openapi.json' }],
    ['relative, the folder itself', [{ url: '.' }], [{ url: '/users/docs' }], { documentPath: '/docs/openapi.json' }],
    ['below the base path', [{ url: '/v2/a' }], [{ url: '/users/a' }], { basePath: '/v2' }],
    ['relative, below the base path', [{ url: 'a' }], [{ url: '/users/a' }], { basePath: '/v2' }],
    ['a variable that hides the base path', [{ url: '/{v}/a', variables: { v: { default: 'v2' } } }], [{ url: '/users/a', variables: { v: { default: 'v2' } } }], { basePath: '/v2' }],
    ['a variable that is the whole URL', [{ url: '{u}', variables: { u: { default: 'http://localhost:9001/a' } } }], [{ url: '/users/a', variables: { u: { default: 'http://localhost:9001/a' } } }]],
    ['no prefix, none', undefined, undefined, { prefix: '' }],
    ['no prefix, the origin goes', [{ url: 'http://localhost:9001' }], [{ url: '/' }], { prefix: '' }],
  ]
  for (const [name, servers, expected, given] of rows) {
    const result = rewrite(withServers(servers), 'servers', given)
    t.strictSame(result.servers, expected, name)
    t.strictSame(Object.keys(result.paths), ['/x'], name)
  }
})

t.test('the base path of the upstream is taken off paths that all begin with it', async t => {
  const document = (paths: string[], servers?: Json) => ({ openapi: '3.0.0', servers, paths: Object.fromEntries(paths.map(path => [path, {}])) })
  const paths = (given: Json, mode: Mode, prefix = '/users') => Object.keys(rewrite(given, mode, { prefix, basePath: '/v2' }).paths)
  t.strictSame(paths(document(['/v2/x', '/v2']), 'paths'), ['/users/x', '/users'])
  t.strictSame(paths(document(['/v2/x', '/v2'], [{ url: '/' }]), 'servers'), ['/x', '/'])
  t.strictSame(paths(document(['/v2/x', '/v2']), 'paths', ''), ['/x', '/'])
  t.strictSame(paths(document(['/v2/x', '/v2x']), 'paths'), ['/users/v2/x', '/users/v2x'], 'not when one does not')
  t.strictSame(paths(document(['/v2/x'], [{ url: '/v2' }]), 'paths'), ['/users/v2/x'], 'not when the server has it')
  t.strictSame(Object.keys(rewrite({ swagger: '2.0', paths: { '/v2/x': {} } }, 'paths', { basePath: '/v2' }).paths), ['/users/x'])
})

t.test('servers of webhooks, components, callbacks and links get their public path', async t => {
  const hook = { post: { servers: [{ url: '/api' }], callbacks: { done: { '{$url}': { servers: [{ url: '/api/done' }] }, 'x-y': { servers: [{ url: '/stays' }] } } } } }
  const link = (url: string) => ({ server: { url } })
  const document = { openapi: '3.1.0', servers: [{ url: '/api' }], webhooks: { '/hook': hook }, components: { pathItems: { '/item': hook }, links: { same: link('/api'), other: link('/b'), foreign: link('https://e.com') } } }
  const expected = { post: { servers: [{ url: '/users/api' }], callbacks: { done: { '{$url}': { servers: [{ url: '/users/api/done' }] }, 'x-y': { servers: [{ url: '/stays' }] } } } } }
  const result = rewrite(document)
  t.strictSame(result.webhooks, { '/hook': expected })
  t.strictSame(result.components.pathItems, { '/item': expected })
  t.strictSame(result.components.links, { same: link('/'), other: link('/users/b'), foreign: link('https://e.com') })
  t.strictSame(rewrite(document, 'servers').components.links.same, link('/users/api'))
})

t.test('URLs obey the redirect rule, by their kind', async t => {
  const urls = (url: string) => ({
    info: { termsOfService: url, contact: { url }, license: { url } },
    externalDocs: { url },
    tags: [{ externalDocs: { url } }],
    components: {
      securitySchemes: {
        a: { flows: { x: { authorizationUrl: url, tokenUrl: url, refreshUrl: url } }, openIdConnectUrl: url },
      },
      schemas: {
        a: {
          $ref: url,
          externalDocs: { url },
          discriminator: { mapping: { a: url } },
          properties: { a: { items: [{ $ref: url }] } },
        },
      },
      examples: { a: { externalValue: url } },
      responses: { a: { content: { a: { schema: { allOf: [{ $ref: url }] } } } } },
      links: { a: { operationRef: url } },
    },
  })
  const document = (url: string) => ({ openapi: '3.1.0', ...urls(url) })
  t.strictSame(rewrite(document('/a')), document('/users/a'))
  t.strictSame(rewrite(document('http://127.0.0.1:9001/a?b#c')), document('/users/a?b#c'))
  t.strictSame(rewrite(document('https://e.com/a')), document('https://e.com/a'))
  t.strictSame(rewrite(document('a')), document('a'), 'a relative one, where the document is its base')
  const swagger = (url: string) => ({ swagger: '2.0', info: { license: { url } }, definitions: { a: { $ref: url } }, securityDefinitions: { a: { authorizationUrl: url, tokenUrl: url } } })
  t.strictSame(rewrite(swagger('/a')), swagger('/users/a'))
})

t.test('what only looks like an address is data', async t => {
  const data = { url: '/a', $ref: '/a', servers: [{ url: '/a' }], paths: { '/a': {} }, tokenUrl: '/a' }
  const schema = { example: data, examples: [data], default: data, const: data, enum: [data], 'x-a': data, properties: { url: { default: '/a' }, $ref: { type: 'string' }, servers: { enum: ['/a'] } } }
  const document = {
    openapi: '3.1.0',
    info: { title: '/a', 'x-logo': { url: '/a' } },
    'x-a': data,
    components: { schemas: { a: schema, url: { const: '/a' } }, examples: { a: { value: data } }, parameters: { a: { example: data, examples: { a: { value: data } } } } },
  }
  t.strictSame(rewrite(document), document)
})

t.test('a relative URL leads where it led, when its server has moved', async t => {
  const rows: [name: string, servers: Json, url: string, inPaths: string, inServers: string, basePath?: string][] = [
    ['no server', undefined, 'token', 'token', '/users/token'],
    ['the root', [{ url: '/' }], 'token?a#b', '/users/token?a#b', '/users/token?a#b'],
    ['a base path', [{ url: '/api' }], 'token', '/users/token', 'token'],
    ['a base path with a slash', [{ url: '/api/' }], 'token', '/users/api/token', '/users/api/token'],
    ['a foreign server', [{ url: 'https://e.com/api' }], './token', '/users/token', '/users/token'],
    ['the base path of the upstream', [{ url: '/v2/' }], 'token', '/users/token', '/users/token', '/v2'],
    ['with a scheme', [{ url: '/api' }], 'urn:token', 'urn:token', 'urn:token'],
    ['none', [{ url: '/api' }], '', '', ''],
  ]
  for (const [name, servers, url, inPaths, inServers, basePath = ''] of rows) {
    const document = withServers(servers, {
      components: { securitySchemes: { a: { flows: { password: { tokenUrl: url } } } } },
    })
    const tokenUrl = (mode: Mode) =>
      rewrite(document, mode, { basePath }).components.securitySchemes.a.flows.password.tokenUrl
    t.equal(tokenUrl('paths'), inPaths, `${name}, in paths`)
    t.equal(tokenUrl('servers'), inServers, `${name}, in servers`)
  }
})

t.test('references follow the paths that they name', async t => {
  const rows: [ref: string, expected: string][] = [
    ['#/paths/~1a~1{id}/get', '#/paths/~1users~1a~1{id}/get'],
    ['#/paths/~1a~1%7Bid%7D/get', '#/paths/~1users~1a~1%7Bid%7D/get'],
    ['#/paths/~1t~0e~1100%25', '#/paths/~1users~1t~0e~1100%25'],
    ['openapi.json#/paths/~1a', 'openapi.json#/paths/~1users~1a'],
    ['/openapi.json#/paths/~1a', '/users/openapi.json#/paths/~1users~1a'],
    ['http://localhost:9001/openapi.json#/paths/~1a', '/users/openapi.json#/paths/~1users~1a'],
    ['/other.json#/paths/~1a', '/users/other.json#/paths/~1a'],
    ['other.json#/paths/~1a', 'other.json#/paths/~1a'],
    ['https://e.com/openapi.json#/paths/~1a', 'https://e.com/openapi.json#/paths/~1a'],
    ['http://[#/paths/~1a', 'http://[#/paths/~1a'],
    ['#/components/schemas/a', '#/components/schemas/a'],
    ['#/paths/x-a', '#/paths/x-a'],
    ['#/paths/', '#/paths/'],
    ['#/paths/%zz', '#/paths/%zz'],
    ['#', '#'],
  ]
  for (const [ref, expected] of rows) {
    const document = (operationRef: string) => ({ openapi: '3.0.0', components: { links: { a: { operationRef } } } })
    t.strictSame(rewrite(document(ref)), document(expected), ref)
    t.equal(rewrite(document('#/paths/~1a%20{b'), 'paths').components.links.a.operationRef, '#/paths/~1users~1a%20%7Bb')
  }
})

t.test('Swagger 2.0 names no host', async t => {
  const rows: [name: string, extra: object, base: string][] = [
    ['nothing said', {}, ''],
    ['the upstream', { host: 'localhost:9001', schemes: ['http'], basePath: '/api' }, '/api'],
    ['a foreign host', { host: 'e.com', basePath: '/api/' }, '/api'],
    ['no slash', { schemes: ['https'], basePath: 'api' }, '/api'],
    ['the root', { basePath: '/' }, ''],
    ['two slashes', { basePath: '//api' }, '/api'],
    ['no string', { basePath: null }, ''],
  ]
  for (const [name, extra, base] of rows) {
    for (const document of [{ swagger: '2.0', ...extra, paths: { '/x': { get: { schemes: ['http'], a: 1 } } } }, { swagger: '2.0', paths: { '/x': { get: { a: 1, schemes: ['http'] } } }, ...extra }]) {
      const hasBase = typeof (document as Json).basePath === 'string'
      const inPaths = rewrite(document)
      const inServers = rewrite(document, 'servers')
      t.strictSame(inPaths.paths, { [`/users${base}/x`]: { get: { a: 1 } } }, name)
      t.strictSame(inServers.paths, { '/x': { get: { a: 1 } } }, name)
      t.equal(inPaths.basePath, hasBase ? '/' : (document as Json).basePath, name)
      t.equal(inServers.basePath, hasBase || (base === '' && !('basePath' in document)) ? `/users${base}` : null, name)
      for (const result of [inPaths, inServers]) t.notOk('host' in result || 'schemes' in result, name)
    }
  }
})

t.test('Swagger 2.0 keeps an operation that has nothing but its protocols', async t => {
  const document = { swagger: '2.0', paths: { 'x-a': {}, '/x': { get: { schemes: ['http'] } } } }
  t.strictSame(rewrite(document).paths, { 'x-a': {}, '/users/x': { get: { schemes: ['http'] } } })
})

t.test('what is no document, not valid or as it should be is passed on', async t => {
  const rows: [name: string, text: string, format?: 'json' | 'yaml'][] = [
    ['no document', '{"a":1}'],
    ['a list', '[{"openapi":"3.0.0"}]'],
    ['the mark below', '{"a":{"openapi":"3.0.0","paths":{"/x":{}}}}'],
    ['another version', '{"openapi":"4.0.0","paths":{"/x":{}},"a":{"openapi":"3"}}'],
    ['Swagger 1', '{"swagger":"1.2","paths":{"/x":{}},"a":{"swagger":"2"}}'],
    ['a version that is none', '{"openapi":{"openapi":"3.0.0"},"paths":{"/x":{}}}'],
    ['cut off', '{"openapi":"3.0.0","paths":{"/x":{}}'],
    ['with a comment', '{"openapi":"3.0.0",/**/"paths":{"/x":{}}}'],
    ['with a comma too many', '{"openapi":"3.0.0","paths":{"/x":{},}}'],
    ['two values', '{"openapi":"3.0.0","paths":{"/x":{}}}{}'],
    ['nothing to change', '{"openapi":"3.0.0","paths":{}}'],
    ['bad YAML', 'openapi: 3.0.0\npaths: {/x: {}', 'yaml'],
    ['two YAML documents', 'openapi: 3.0.0\npaths: {/x: {}}\n---\na: 1\n', 'yaml'],
    ['an alias without its anchor', 'openapi: 3.0.0\npaths: {/x: *a}\n', 'yaml'],
    ['nothing in YAML', '# openapi: 3.0.0\n', 'yaml'],
    ['an empty YAML document', '---\n# openapi: 3.0.0\n', 'yaml'],
    ['only a version', 'openapi: 3.0.0', 'yaml'],
    ['an alias at the root', '*a # openapi: 3', 'yaml'],
  ]
  for (const [name, text, format = 'json'] of rows) {
    for (const mode of name === 'nothing to change' ? ['paths'] as const : ['paths', 'servers'] as const) {
      t.equal(rewriteDocument(text, format, { mode, ...createDocumentContext() }), undefined, name)
    }
  }
})

t.test('a text may be a document when the mark is in it', async t => {
  for (const text of ['{"openapi":"3.0.0"', '{"paths":{},"swagger" : "2.0"}', '{ "openapi": 3.1', '\ufeffopenapi: 3.0.0', 'a: 1\nswagger: "2.0"', "'openapi': '3.0.0'", '{openapi: 3.1.0}', '\ufeff{"openapi":"3']) t.ok(isDocumentCandidate(text), text)
  for (const text of ['', '{}', '{"openapi":true}', '{"myopenapi":"3.0.0"}', 'see openapi 3', 'asyncapi: 3.0.0', '<html>']) t.notOk(isDocumentCandidate(text), text)
})
