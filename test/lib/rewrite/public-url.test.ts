import t, { type Test } from 'tap'
import { type PublicUrlContext, toAppPath, toPublicUrl } from '../../../lib/rewrite/public-url.ts'
import { createUrlContext } from './openapi/context.ts'

type Row = [name: string, url: string, expected: string]

const check = (t: Test, context: PublicUrlContext, rows: readonly Row[]) => {
  for (const [name, url, expected] of rows) t.equal(toPublicUrl(url, context), expected, `${name}: ${JSON.stringify(url)}`)
}

t.test('paths and URLs of the app get its prefix', async t => {
  check(t, createUrlContext({ prefix: '/users', clientHosts: ['gw.example:8000', 'api.example'] }), [
    ['a path', '/x', '/users/x'],
    ['the root', '/', '/users/'],
    ['a path like the prefix', '/users/', '/users/users/'],
    ['query and fragment', '/x?a=http://127.0.0.1:9001/#/b', '/users/x?a=http://127.0.0.1:9001/#/b'],
    ['bytes that a URL parser would change', '/a b/%7e/%2F/é/./{x}', '/users/a b/%7e/%2F/é/./{x}'],
    ['dots that stay inside', '/a/../b', '/users/a/../b'],
    ['an upstream', 'http://127.0.0.1:9001/x?y#z', '/users/x?y#z'],
    ['another upstream of the pool', 'http://10.0.0.2:9002/x', '/users/x'],
    ['in capitals', 'HTTP://127.0.0.1:9001/X', '/users/X'],
    ['with another scheme', 'https://127.0.0.1:9001/x', '/users/x'],
    ['without a scheme', '//127.0.0.1:9001/x', '/users/x'],
    ['without a path', 'http://127.0.0.1:9001', '/users'],
    ['without a path, with a query', 'http://127.0.0.1:9001?x', '/users?x'],
    ['without a path, with a fragment', 'http://127.0.0.1:9001#x', '/users#x'],
    ['another name of loopback', 'http://localhost:9001/x', '/users/x'],
    ['the wildcard address', 'http://0.0.0.0:9001/x', '/users/x'],
    ['loopback in IPv6', 'http://[::1]:9001/x', '/users/x'],
    ['the client\'s host', 'https://gw.example:8000/x', '/users/x'],
    ['the client\'s host in capitals', 'https://GW.Example:8000/x', '/users/x'],
    ['the client\'s host with the default port', 'http://api.example:80/x', '/users/x'],
    ['the client\'s host with the other default port', 'http://api.example:443/x', '/users/x'],
  ])
})

t.test('everything else stays as it is', async t => {
  const urls = [
    '', 'x', './x', '../x', '?x', '#x', 'x//y',
    'https://example.com/x', '//example.com/x', 'http://127.0.0.1:9009/x', 'http://127.0.0.1/x', 'http://10.0.0.3:9002/',
    'http://gw.example/x', 'http://gw.example:8000.evil/x', 'http://evilgw.example:8000/', 'http://127.0.0.1:9001.evil/',
    'mailto:a@127.0.0.1:9001', 'javascript:alert(1)', 'data:text/html,/x', 'ftp://127.0.0.1:9001/x', 'ws://127.0.0.1:9001/x', 'urn:x:/y',
    'http:x', 'http:/x', 'http://', '//', 'http:///x:y:z/',
  ]
  const context = createUrlContext({ prefix: '/users', clientHosts: ['gw.example:8000', 'no host'] })
  for (const url of urls) {
    t.equal(toPublicUrl(url, context), url)
    t.equal(toAppPath(url, context), undefined, `${url} is not the app's own`)
  }
})

t.test('own and foreign URLs are told apart in spite of characters that a browser ignores', async t => {
  check(t, createUrlContext({ prefix: '/users' }), [
    ['a backslash that makes a host', '/\\evil', '/\\evil'],
    ['two backslashes', '\\\\evil/x', '\\\\evil/x'],
    ['three slashes', '///evil/x', '///evil/x'],
    ['a tab between the slashes', '/\t/evil', '/\t/evil'],
    ['a space before', ' //evil', ' //evil'],
    ['a control character before', '\u0001https://evil', '\u0001https://evil'],
    ['a tab in the scheme', 'ht\ttps://evil/x', 'ht\ttps://evil/x'],
    ['user info that looks like the app', 'http://127.0.0.1:9001@evil/x', 'http://127.0.0.1:9001@evil/x'],
    ['user info before the app', 'http://evil@127.0.0.1:9001/x', 'http://evil@127.0.0.1:9001/x'],
    ['a backslash behind the host', 'http://evil\\@127.0.0.1:9001/', 'http://evil\\@127.0.0.1:9001/'],
    ['the app with a tab in its scheme', 'ht\ttp://127.0.0.1:9001/x', '/users/x'],
    ['the app behind backslashes', '\\\\127.0.0.1:9001\\x', '/users\\x'],
    ['the app with spaces around', ' http://127.0.0.1:9001/x ', '/users/x'],
    ['the app in full-width digits', 'http://１27.0.0.1:9001/x', '/users/x'],
    ['nothing but spaces', '   ', '   '],
  ])
})

t.test('the base path of the upstream is taken off', async t => {
  check(t, createUrlContext({ prefix: '/p', basePath: '/v2' }), [
    ['a path', '/v2/x', '/p/x'],
    ['the base itself', '/v2', '/p'],
    ['the base with a query', '/v2?x', '/p?x'],
    ['the base with a fragment', '/v2#x', '/p#x'],
    ['a longer name', '/v2x', '/p/v2x'],
    ['elsewhere on the upstream', '/x', '/p/x'],
    ['once', '/v2/v2/x', '/p/v2/x'],
    ['of a URL', 'http://127.0.0.1:9001/v2/x', '/p/x'],
    ['dots that leave the base', '/v2/../x', '/p/x'],
    ['dots in disguise', '/v2/%2e%2e/x?a=/../b', '/p/x?a=/../b'],
    ['dots that leave everything', '/../../x', '/p/x'],
  ])
})

t.test('without a prefix a path stays a path', async t => {
  check(t, createUrlContext({ prefix: '', basePath: '/v2' }), [
    ['a path', '/x', '/x'],
    ['a URL', 'http://127.0.0.1:9001/x', '/x'],
    ['without a path', 'http://127.0.0.1:9001', '/'],
    ['the base itself', '/v2', '/'],
    ['the base with a query', '/v2?x', '/?x'],
    ['two slashes, which would be a host', 'http://127.0.0.1:9001//evil', '/.//evil'],
    ['two slashes behind the base', '/v2//evil', '/.//evil'],
    ['a backslash behind the base', '/v2/\\evil', '/./\\evil'],
  ])
})

t.test('no name of loopback is the app when the app is not on loopback', async t => {
  const context = createUrlContext({ prefix: '/p', origins: ['http://10.0.0.2:9001'], clientHosts: ['localhost:9001'] })
  check(t, context, [
    ['its own', 'http://10.0.0.2:9001/x', '/p/x'],
    ['the client\'s', 'http://localhost:9001/x', '/p/x'],
    ['a loopback address', 'http://127.0.0.1:9001/x', 'http://127.0.0.1:9001/x'],
  ])
})

t.test('white space takes linear time', async t => {
  const url = `/${' '.repeat(200_000)}x`
  const start = performance.now()
  toPublicUrl(url, createUrlContext({ prefix: '/p' }))
  t.ok(performance.now() - start < 1000)
})
