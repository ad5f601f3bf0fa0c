import t from 'tap'
import { parseRequestTarget, pathOf, type RequestTarget, toRoutable } from '../../../lib/routing/request-target.ts'

const targets: [name: string, target: string, expected: RequestTarget | undefined][] = [
  ['the origin-form is taken as it is', '/users/%2e?x=/%', { target: '/users/%2e?x=/%', authority: undefined }],
  ['two slashes are a path', '//host/users', { target: '//host/users', authority: undefined }],
  ['the absolute-form names the host', 'http://shop.example:8080/users?x', { target: '/users?x', authority: 'shop.example:8080' }],
  ['in any case', 'HTTPS://[::1]/users', { target: '/users', authority: '[::1]' }],
  ['without a path', 'http://shop.example', { target: '/', authority: 'shop.example' }],
  ['without a path, with a query', 'http://shop.example?x=1', { target: '/?x=1', authority: 'shop.example' }],
  ['with bytes above 127', 'http://shop.example/caf\u00e9', { target: '/caf\u00e9', authority: 'shop.example' }],
  ['user information is refused', 'http://user@shop.example/users', undefined],
  ['user information with a password is refused', 'http://user:secret@shop.example/', undefined],
  ['two hosts are refused', 'http://a,b/users', undefined],
  ['no host is refused', 'http:///users', undefined],
  ['another scheme is refused', 'ftp://shop.example/users', undefined],
  ['an authority is refused', 'shop.example:443', undefined],
  ['an asterisk is refused', '*', undefined],
  ['nothing is refused', '', undefined],
]

for (const [name, target, expected] of targets) {
  t.test(`request target: ${name}`, async t => t.strictSame(parseRequestTarget(target), expected))
}

const routables: [name: string, target: string, expected: string][] = [
  ['an ordinary target is itself', '/users/a%20b?x', '/users/a%20b?x'],
  ['so is one with any bytes in its query', '/users/a%20b?x=%E9', '/users/a%20b?x=%E9'],
  ['UTF-8 is itself', '/caf%C3%A9', '/caf%C3%A9'],
  ['latin1 is escaped once more', '/caf%E9/x%20y', '/caf%25E9/x%20y'],
  ['in every place, upper or lower case', '/%e9%80/%C3%A9', '/%25e9%2580/%25C3%25A9'],
  ['but not in the query', '/caf%E9?q=%E9', '/caf%25E9?q=%E9'],
  ['nor in a fragment', '/caf%E9#%E9', '/caf%25E9#%E9'],
  ['an escape that is none, which the gateway refuses itself', '/%zz', '/%25zz'],
]

for (const [name, target, expected] of routables) {
  t.test(`routable: ${name}`, async t => t.equal(toRoutable(target), expected))
}

t.test('the path of a request for the bare prefix is /', async t => {
  t.same(['/x?y', '/x', '?y', ''].map(pathOf), ['/x', '/x', '/', '/'])
})
