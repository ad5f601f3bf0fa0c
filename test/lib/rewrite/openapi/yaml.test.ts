import t from 'tap'
import { parse } from 'yaml'
import { rewriteDocument } from '../../../../lib/rewrite/openapi/document.ts'
import type { Mode } from '../../../../lib/rewrite/openapi/plan.ts'
import { createDocumentContext } from './context.ts'

const rewrite = (text: string, mode: Mode = 'paths') => rewriteDocument(text, 'yaml', { mode, ...createDocumentContext() }) ?? text

/** Lines of a document of version 3 that has nothing else to change. */
const document = (...lines: string[]) => ['openapi: 3.0.0', ...lines, ''].join('\n')

t.test('keys are written as they were, or in double quotes where they must', async t => {
  const rows: [before: string, after: string][] = [
    ['paths:\n  /a: {}', 'paths:\n  /users/a: {}'],
    ['paths:\n  /a/{id}: {}', 'paths:\n  /users/a/{id}: {}'],
    ['paths:\n  /a b: {}', 'paths:\n  "/users/a b": {}'],
    ['paths:\n  /a:b: {}', 'paths:\n  "/users/a:b": {}'],
    ["paths:\n  '/it''s': {}", "paths:\n  '/users/it''s': {}"],
    ["paths:\n  '/é': {}", 'paths:\n  "/users/é": {}'],
    ['paths:\n  "/\\u0061\\x7f": {}', 'paths:\n  "/users/a\\u007f": {}'],
    ['paths: {/a: {}, "/b": {}}', 'paths: {/users/a: {}, "/users/b": {}}'],
    ['paths: {/a, ? /b}', 'paths: {/users/a, ? /users/b}'],
    ['paths: {"/a":{},"/b":{}}', 'paths: {"/users/a":{},"/users/b":{}}'],
    ['paths:\n  ? /a\n  : {}', 'paths:\n  ? /users/a\n  : {}'],
    ['paths:\n  ? |-\n    /a\n  : {}', 'paths:\n  ? "/users/a"\n  : {}'],
    ['paths:\n  !!str /a: {} # why', 'paths:\n  !!str /users/a: {} # why'],
    ['paths:\n  ? [/a]\n  : {}', 'paths:\n  ? [/a]\n  : {}'],
    ['paths:\n  /a:', 'paths:\n  /users/a:'],
    ['x: &k /a\npaths:\n  *k : {}', 'x: &k /a\npaths:\n  "/users/a" : {}'],
  ]
  for (const [before, after] of rows) t.equal(rewrite(document(before)), document(after), before)
})

t.test('values keep their notation where it can hold the new one', async t => {
  const rows: [before: string, after: string][] = [
    ['/a # why', '/users/a # why'],
    ['/a?b', '"/users/a?b"'],
    ["'/a?b'", "'/users/a?b'"],
    ['"/a?b"', '"/users/a?b"'],
    ['>-\n    /a', '"/users/a"'],
    ['/a\n    b', '"/users/a b"'],
    ['&u /a', '&u /users/a'],
  ]
  for (const [before, after] of rows) {
    const info = (url: string) => document('info:', `  termsOfService: ${url}`, '  title: x')
    t.equal(rewrite(info(before)), info(after), before)
  }
  for (const same of ['null', '~', '7', 'true', '', '[/a]', '{a: /a}']) t.equal(rewrite(document(`info: {termsOfService: ${same}}`)), document(`info: {termsOfService: ${same}}`), same)
})

t.test('servers are removed with their lines or commas', async t => {
  const own = 'http://localhost:9001'
  const rows: [before: string, after: string][] = [
    [`servers:\n  - url: https://e.com\n    description: a\n  # of the next\n  - url: ${own}\npaths: {}`, 'servers:\n  - url: /\npaths: {}'],
    [`servers:\n  - url: ${own}\n  - url: https://e.com\n    description: a\npaths: {}`, 'servers:\n  - url: /\npaths: {}'],
    [`servers:\n- url: ${own}\n  description: |\n    a\n- url: https://e.com\npaths: {}`, 'servers:\n- url: /\n  description: |\n    a\npaths: {}'],
    [`servers:\n- url: ${own}\n- url: https://e.com\n  description: |\n    a\npaths: {}`, 'servers:\n- url: /\npaths: {}'],
    ['servers:\n- url: https://e.com\n  description: |\n    a\npaths: {}', 'servers:\n- {"url": "/"}\npaths: {}'],
    [`servers: [{url: https://e.com}, {url: ${own}}]`, 'servers: [{url: /}]'],
    [`servers: [{url: ${own}}, {url: https://e.com}, ]`, 'servers: [{url: /}, ]'],
    [`servers:\n- url: ${own}\n- url: https://e.com`, 'servers:\n- url: /'],
    [`servers:\n- url: ${own}\n  description: |\n    a\n- url: https://e.com`, 'servers:\n- url: /\n  description: |\n    a'],
  ]
  for (const [before, after] of rows) {
    t.equal(rewrite(document(before)), document(after), before)
    t.equal(rewrite(document(before).replaceAll('\n', '\r\n')), document(after).replaceAll('\n', '\r\n'), `${before}, with Windows line ends`)
  }
  t.equal(rewrite(`openapi: 3.0.0\nservers:\n- url: ${own}\n  description: |\n    a\n- url: https://e.com`), 'openapi: 3.0.0\nservers:\n- url: /\n  description: |\n    a\n', 'without a line end')
})

t.test('servers are added in the notation around them', async t => {
  const rows: [before: string, after: string][] = [
    ['openapi: 3.0.0\ninfo: {}\n', 'openapi: 3.0.0\nservers: [{"url": "/users"}]\ninfo: {}\n'],
    ['info: {}\nopenapi: 3.0.0\n', 'servers: [{"url": "/users"}]\ninfo: {}\nopenapi: 3.0.0\n'],
    ['\ufeff# first\n"info": {}\nopenapi: 3.0.0\n', '\ufeff# first\n"servers": [{"url": "/users"}]\n"info": {}\nopenapi: 3.0.0\n'],
    ['\ufeffinfo: {}\nopenapi: 3.0.0\n', '\ufeffservers: [{"url": "/users"}]\ninfo: {}\nopenapi: 3.0.0\n'],
    ['---\n  openapi: 3.0.0\n  info: {}\n', '---\n  openapi: 3.0.0\n  servers: [{"url": "/users"}]\n  info: {}\n'],
    ['openapi: 3.0.0\n? info\n: {}\n', 'openapi: 3.0.0\nservers: [{"url": "/users"}]\n? info\n: {}\n'],
    ['openapi: 3.0.0\n&a info: {}\n', 'openapi: 3.0.0\nservers: [{"url": "/users"}]\n&a info: {}\n'],
    ['{openapi: 3.0.0,\n info: {}}\n', '{openapi: 3.0.0,\n "servers": [{"url": "/users"}],\n info: {}}\n'],
    ['openapi: 3.0.0\nservers:\ninfo: {}\n', 'openapi: 3.0.0\nservers: [{"url": "/users"}]\ninfo: {}\n'],
    ['openapi: 3.0.0\nservers: []\n', 'openapi: 3.0.0\nservers: [{"url": "/users"}]\n'],
    ['openapi: 3.0.0\nservers: |\n  none\ninfo: {}\n', 'openapi: 3.0.0\nservers: [{"url": "/users"}]\ninfo: {}\n'],
    ['openapi: 3.0.0\nservers:\n  - url: https://e.com\n', 'openapi: 3.0.0\nservers:\n  - {"url": "/users"}\n  - url: https://e.com\n'],
    ['openapi: 3.0.0\nservers: [{url: https://e.com}]\n', 'openapi: 3.0.0\nservers: [{"url": "/users"},{url: https://e.com}]\n'],
  ]
  for (const [before, after] of rows) {
    t.equal(rewrite(before, 'servers'), after, before)
    t.ok(parse(after).servers[0].url === '/users', 'and can be read')
  }
})

t.test('what aliases share is changed once, where it stands', async t => {
  const shared = document('paths:', '  /a: &a {get: {externalDocs: {url: /d}}}', '  /b: *a', '  /c: {<<: *a, put: {}}')
  t.equal(rewrite(shared), document('paths:', '  /users/a: &a {get: {externalDocs: {url: /users/d}}}', '  /users/b: *a', '  /users/c: {<<: *a, put: {}}'))
  const merged = document('x-a: &a', '  /a: {}', 'x-b: &b {/b: {}}', 'paths:', '  <<: [*a, *b]', '  /c: {}')
  t.equal(rewrite(merged), document('x-a: &a', '  /users/a: {}', 'x-b: &b {/users/b: {}}', 'paths:', '  <<: [*a, *b]', '  /users/c: {}'))
  const scalar = document('x-url: &u /a', 'info: {termsOfService: *u, title: *u}')
  t.equal(rewrite(scalar), document('x-url: &u /a', 'info: {termsOfService: "/users/a", title: *u}'), 'an aliased scalar gets its own value')
  const servers = document('servers: [{url: https://e.com, variables: &v {}}, {url: /api, variables: *v}]', 'paths: {/a: {}}')
  t.equal(rewrite(servers), servers, 'what cannot go without its alias breaking stays')
})

t.test('a circle of aliases ends', async t => {
  t.equal(rewrite(document('components: {schemas: {a: &a {$ref: /a, properties: {a: *a}}}}')), document('components: {schemas: {a: &a {$ref: /users/a, properties: {a: *a}}}}'))
  t.equal(rewrite(document('x: &x {<<: *x, /a: {}}', 'paths: *x')), document('x: &x {<<: *x, /users/a: {}}', 'paths: *x'))
  t.equal(rewrite(document('paths: {[a: b]: {}, /a: {parameters: [a: b, *p]}}', 'x: &p 1')), document('paths: {[a: b]: {}, /a: {parameters: [a: b, *p]}}', 'x: &p 1'), 'an anchor behind its alias is none')
})
