import t from 'tap'
import type { Location } from '../../../lib/location.ts'
import { createLocation } from '../locations.ts'
import { joinBase, LEAVES_PREFIX, NOT_A_PATH, OUTSIDE_PREFIX, resolvePath } from '../../../lib/routing/upstream-path.ts'

const locationAt = (prefix: string, flags: Partial<Location> = {}) => createLocation({ name: 'users', prefix, ...flags })

const users = locationAt('/users')
const nested = locationAt('/api/users')
const root = locationAt('')
const at = locationAt('/@me')
const slashed = locationAt('/users', { addSlashes: true })
const slashedRoot = locationAt('', { addSlashes: true })
const rewriting = (pattern: string, replacement: string, flags: Partial<Location> = {}) =>
  locationAt('/users', { rewrite: { pattern: new RegExp(pattern), replacement }, ...flags })

const forwarded: Record<string, [location: Location, target: string, path: string]> = {
  'the prefix is taken off': [users, '/users/42?x=1', '/42?x=1'],
  'the bare prefix is empty': [users, '/users', ''],
  'the bare prefix keeps its query': [users, '/users?x=1', '?x=1'],
  'the slash behind the prefix stays': [users, '/users/', '/'],
  'a nested prefix is taken off whole': [nested, '/api/users/42', '/42'],
  'the empty prefix takes nothing off': [root, '/users/42?x=1', '/users/42?x=1'],
  'the empty prefix owns the root': [root, '/', '/'],
  'the prefix is taken off once': [users, '/users/users/1', '/users/1'],
  'an encoded prefix is taken off': [users, '/%75sers/%75', '/%75'],
  'a wholly encoded prefix is taken off': [users, '/%75%73%65%72%73?x', '?x'],
  'escapes stay as they are written': [users, '/users/a%2Fb%2fc%20', '/a%2Fb%2fc%20'],
  'escapes that are no UTF-8 stay': [users, '/users/%E9%ff', '/%E9%ff'],
  'bytes above 127 stay': [users, '/users/\xe9', '/\xe9'],
  'empty segments stay': [users, '/users//a//', '//a//'],
  'dots that stay inside stay': [users, '/users/./a/../b', '/./a/../b'],
  'a dot stays': [users, '/users/.', '/.'],
  'any visible character stays': [users, "/users/!\"$&'()*+,-.:;<=>@[]^_`{|}~", "/!\"$&'()*+,-.:;<=>@[]^_`{|}~"],
  'the query is not looked at': [users, '/users/a?x=/../..&y=%zz&z=%2&?', '/a?x=/../..&y=%zz&z=%2&?'],
  'a slash is added': [slashed, '/users/42', '/42/'],
  'a slash is added before the query': [slashed, '/users/42?x=/a', '/42/?x=/a'],
  'no second slash is added': [slashed, '/users/42/', '/42/'],
  'no second slash is added before the query': [slashed, '/users/42/?x', '/42/?x'],
  'a slash is added to the bare prefix': [slashed, '/users', '/'],
  'a slash is added to the bare prefix with a query': [slashed, '/users?x=1', '/?x=1'],
  'no slash is added to the root': [slashedRoot, '/?x', '/?x'],
  'a rewrite replaces the public path': [rewriting('^/users/(\\d+)$', '/api/v2/people/$1'), '/users/42?x=1', '/api/v2/people/42?x=1'],
  'a rewrite to itself keeps the prefix': [locationAt('/examples.Greeter', { rewrite: { pattern: /^\//, replacement: '/' } }), '/examples.Greeter/Greet?x', '/examples.Greeter/Greet?x'],
  'a rewrite to itself keeps a prefix in plain letters': [rewriting('^/', '/'), '/%75sers/%75', '/users/%75'],
  'a rewrite does not see the query': [rewriting('x', 'y'), '/users/ax?x=1', '/users/ay?x=1'],
  'a rewrite replaces the first match': [rewriting('a', 'b'), '/users/aa', '/users/ba'],
  'a rewrite counts letters as they are written': [rewriting('^/Users', ''), '/users/1', '/users/1'],
  'a rewrite that does not match keeps the prefix': [rewriting('^/x', ''), '/users/1?x', '/users/1?x'],
  'a rewrite that does not match changes nothing': [rewriting('^/x', ''), '/%75sers/1', '/%75sers/1'],
  'a rewrite sees an encoded prefix in plain letters': [rewriting('^/users/', '/'), '/%75sers/1', '/1'],
  'a rewritten path begins with a slash': [rewriting('^/users/', ''), '/users/1', '/1'],
  'a path rewritten to nothing is a slash': [rewriting('^/users$', ''), '/users?x', '/?x'],
  'a rewritten path gets its slash': [rewriting('^/users', '', { addSlashes: true }), '/users/1?x', '/1/?x'],
  'a path that is not rewritten gets its slash': [rewriting('^/x', '', { addSlashes: true }), '/users/1?x', '/users/1/?x'],
  'a rewrite keeps dots that stay inside': [rewriting('^/users/(.*)', '/api/$1'), '/users/a/../b', '/api/a/../b'],
  'a group that takes no part is nothing': [rewriting('^/users(/x)?', '/api$1'), '/users/a/../b', '/api/a/../b'],
}

for (const [name, [location, target, path]] of Object.entries(forwarded)) {
  t.test(`${name}: ${target}`, async t => t.equal(resolvePath(location, target), path))
}

const notMine: Record<string, [location: Location, target: string]> = {
  'another path': [users, '/shop'],
  'a longer name': [users, '/usersX'],
  'a longer name with an encoded slash': [users, '/users%2Fx'],
  'a longer name with an encoded question mark': [users, '/users%3Fx'],
  'a shorter name': [users, '/user'],
  'a shorter name with an escape': [users, '/%75ser'],
  'another case': [users, '/Users/1'],
  'an encoded slash in a nested prefix': [nested, '/api%2Fusers/1'],
  'an encoded slash at the start': [nested, '/%2fapi/users/1'],
  'a prefix that is encoded twice': [users, '/%2575sers/1'],
  'an escape that is broken': [users, '/%7zsers/1'],
  'an escape that is cut off': [users, '/%7'],
  'an encoded reserved character (RFC 3986, section 2.2)': [at, '/%40me/x'],
  'an empty segment before the prefix': [users, '//users/1'],
}

for (const [name, [location, target]] of Object.entries(notMine)) {
  t.test(`not below the prefix: ${name}, ${target}`, async t => t.equal(resolvePath(location, target), OUTSIDE_PREFIX))
}

const noPath: Record<string, [location: Location, target: string]> = {
  nothing: [root, ''],
  'no slash at the start': [users, 'users/1'],
  'no slash at the start, for the empty prefix': [root, 'users/1'],
  'the asterisk': [root, '*'],
  'a fragment': [users, '/users/1#x'],
  'a fragment behind the bare prefix': [users, '/users#x'],
  'a fragment in the query': [users, '/users?x#y'],
  'an escape of no digits': [users, '/users/%zz'],
  'an escape of one digit': [users, '/users/%2'],
  'a percent sign at the end': [users, '/users/%'],
  'a wide escape': [users, '/users/%u0041'],
  'a space': [users, '/users/a b'],
  'a tab': [users, '/users/a\tb'],
  'a line end in the query': [users, '/users?a\r\nb'],
  DEL: [users, '/users/\x7f'],
  'a character that no byte is': [users, '/users/\u0436'],
  'an escape that a rewrite takes apart': [rewriting('^/users/(..)(.)', '/$2$1'), '/users/%41'],
}

for (const [name, [location, target]] of Object.entries(noPath)) {
  t.test(`cannot be a path: ${name}, ${JSON.stringify(target)}`, async t => t.equal(resolvePath(location, target), NOT_A_PATH))
}

const leaving: Record<string, [location: Location, target: string]> = {
  dots: [users, '/users/../admin'],
  'encoded dots behind an encoded prefix': [users, '/%75sers/%2e%2e/admin'],
  'an encoded slash': [users, '/users/..%2fadmin'],
  'dots before a query': [users, '/users/..?x'],
  'dots below the empty prefix': [root, '/../x'],
  'dots that a slash is added to': [slashed, '/users/..'],
  'dots that no rewrite matches': [rewriting('^/x', ''), '/users/../admin'],
  'dots that leave the public prefix but not what a rewrite makes': [rewriting('^/users/(.*)', '/api/users/$1'), '/users/../admin'],
  'dots that leave what a rewrite makes': [rewriting('^/users/a/(.*)', '/b/$1'), '/users/a/../../users/c'],
  'a group that climbs over what stands before it': [rewriting('^/users/a/(.*)', '/api/v1/$1'), '/users/a/..'],
  'a rest that climbs over what stands before it': [rewriting('^/users/a', '/api/v1'), '/users/a/../x'],
  'dots that a rewrite brings together': [rewriting('^/users/(.)x(.*)', '/$1$2'), '/users/.x./admin'],
}

for (const [name, [location, target]] of Object.entries(leaving)) {
  t.test(`leaves its prefix: ${name}, ${target}`, async t => t.equal(resolvePath(location, target), LEAVES_PREFIX))
}

t.test('the fault of a path is a constant that reveals nothing about the upstream', async t => {
  t.same([OUTSIDE_PREFIX, NOT_A_PATH, LEAVES_PREFIX].map(({ kind }) => kind), ['outside-prefix', 'bad-path', 'bad-path'])
  for (const fault of [OUTSIDE_PREFIX, NOT_A_PATH, LEAVES_PREFIX]) t.ok(Object.isFrozen(fault))
})

const joined: Record<string, [basePath: string, pathAndQuery: string, whole: string]> = {
  'nothing and nothing are a slash': ['', '', '/'],
  'a query gets a slash': ['', '?x', '/?x'],
  'a path stays': ['', '/a?x', '/a?x'],
  'a base path stays without a slash': ['/v2', '', '/v2'],
  'a base path gets the query': ['/v2', '?x', '/v2?x'],
  'a base path gets the path': ['/v2', '/a?x', '/v2/a?x'],
}

for (const [name, [basePath, pathAndQuery, whole]] of Object.entries(joined)) {
  t.test(`${name}: ${whole}`, async t => t.equal(joinBase(basePath, pathAndQuery), whole))
}
