import t from 'tap'
import { type CookieContext, rewriteSetCookie } from '../../../lib/rewrite/set-cookie.ts'

const base: CookieContext = { prefix: '/users', basePath: '', mode: 'rewrite', upstreamNames: new Set(['10.0.0.5', 'users.internal']) }

const rows: [string, string, string, Partial<CookieContext>?][] = [
  ['a path gets the prefix', 'a=1; Path=/x', 'a=1; Path=/users/x'],
  ['the root stays the whole site', 'a=1; Path=/; HttpOnly', 'a=1; Path=/; HttpOnly'],
  ['the root becomes the prefix when isolated', 'a=1; Path=/; HttpOnly', 'a=1; Path=/users; HttpOnly', { mode: 'isolate' }],
  ['a path gets the prefix when isolated', 'a=1; Path=/x', 'a=1; Path=/users/x', { mode: 'isolate' }],
  ['a kept path stays', 'a=1; Path=/x', 'a=1; Path=/x', { mode: 'keep' }],
  ['an upstream\'s domain goes also when paths are kept', 'a=1; Path=/x; Domain=10.0.0.5', 'a=1; Path=/x', { mode: 'keep' }],
  ['no path stays none', 'a=1; Secure', 'a=1; Secure'],
  ['a bare cookie stays', 'a=1', 'a=1'],
  ['a __Host- cookie is never touched', '__Host-a=1; Path=/; Secure; Domain=10.0.0.5', '__Host-a=1; Path=/; Secure; Domain=10.0.0.5', { mode: 'isolate' }],
  ['a __Host- cookie in another case neither', '__host-a=1; Path=/x', '__host-a=1; Path=/x'],
  ['a __Secure- cookie is an ordinary one', '__Secure-a=1; Path=/x; Secure', '__Secure-a=1; Path=/users/x; Secure'],
  ['case, white space and order stay', 'a=1;  SameSite=Lax ;PATH = /x ;Max-Age=3; secure', 'a=1;  SameSite=Lax ;PATH = /users/x ;Max-Age=3; secure'],
  ['every path is rewritten, the last one counts', 'a=1; Path=/x; Path=/y', 'a=1; Path=/users/x; Path=/users/y'],
  ['the value is not an attribute', 'path=/x; Path=/y', 'path=/x; Path=/users/y'],
  ['a value with an equals sign stays', 'a=b=c/Path=/z; Path=/y', 'a=b=c/Path=/z; Path=/users/y'],
  ['a path that is none stays', 'a=1; Path=x; Path="/y"', 'a=1; Path=x; Path="/y"'],
  ['an upstream\'s domain is dropped', 'a=1; Domain=Users.Internal; Path=/x', 'a=1; Path=/users/x'],
  ['with its dot, too', 'a=1; domain=.users.internal', 'a=1'],
  ['another domain stays', 'a=1; Domain=example.com', 'a=1; Domain=example.com'],
  ['a domain that only ends alike stays', 'a=1; Domain=my-users.internal', 'a=1; Domain=my-users.internal'],
  ['the upstream\'s base path is taken off', 'a=1; Path=/v2/x', 'a=1; Path=/users/x', { basePath: '/v2' }],
  ['the base path itself is the app\'s root', 'a=1; Path=/v2', 'a=1; Path=/users', { basePath: '/v2' }],
  ['a path that only begins like the base stays whole', 'a=1; Path=/v2x', 'a=1; Path=/users/v2x', { basePath: '/v2' }],
  ['without a prefix the base path is taken off', 'a=1; Path=/v2', 'a=1; Path=/', { prefix: '', basePath: '/v2' }],
  ['without a prefix an isolated root stays', 'a=1; Path=/', 'a=1; Path=/', { prefix: '', mode: 'isolate' }],
]

for (const [name, cookie, expected, context] of rows) {
  t.test(name, async t => t.equal(rewriteSetCookie(cookie, { ...base, ...context }), expected))
}
