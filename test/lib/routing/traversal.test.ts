import t, { type Test } from 'tap'
import { climbsOut, isSuspicious } from '../../../lib/routing/traversal.ts'

const inside: Record<string, string> = {
  nothing: '',
  'the root': '/',
  'an ordinary path': '/users/42',
  'a file with dots': '/a..b/..c/d../...',
  'a dot': '/./a/.',
  'back from a folder': '/a/../b',
  'back to the start': '/a/..',
  'back from two folders': '/a/b/../../c',
  'an encoded step back from a folder': '/a/%2e%2e/b',
  'an encoded slash in a name': '/a%2fb',
  'an encoded slash before one step back': '/a%2fb/..',
  'an encoded slash inside a step back': '/a/b%2f../c',
  'a backslash in a name': '/a\\b',
  parameters: '/a;x=1/b;y=..',
  'a step back from a segment with parameters': '/a;x=1/..',
  'bytes that are no UTF-8': '/%E9/..',
  'UTF-8': '/%C3%A9%E2%82%AC/..',
  'an encoded percent sign': '/100%25',
  'a percent sign that encodes nothing': '/100%/%zz/..',
  'encoded eight times over': `/%${'25'.repeat(7)}41`,
  'a name that begins with an encoded dot': '/%2ewell-known/..',
  'a wide letter': '/%25u0061/..',
}

for (const [name, path] of Object.entries(inside)) {
  t.test(`stays inside: ${name}, ${path}`, async t => t.equal(climbsOut(path), false))
}

const outside: Record<string, string> = {
  'a step back': '/..',
  'a step back and on': '/../admin',
  'without a slash before it': '../admin',
  'one step too many': '/a/../../b',
  'out and in again': '/../a/b',
  'an encoded dot': '/.%2e/',
  'two encoded dots': '/%2e%2E/x',
  'an encoded slash behind': '/..%2fx',
  'an encoded slash before': '/%2f../x',
  'a backslash': '/..\\x',
  'a backslash before': '\\..',
  'an encoded backslash': '/..%5Cx',
  'a backslash between': '/a\\..\\..\\b',
  'encoded twice': '/%252e%252e/x',
  'encoded thrice': '/%25252e%25252e/x',
  'encoded digit by digit': '/%%32%65%%32%65/x',
  'encoded eight times over': `/.%${'25'.repeat(7)}2e/x`,
  'encoded more often than anybody does': `/%${'25'.repeat(8)}41`,
  'empty segments': '/a///../../b',
  'single dots': '/a/././../../b',
  'encoded single dots': '/a/%2e/../../b',
  'an encoded slash that separates for the gateway but not for the upstream': '/a%2fb/../..',
  'a backslash that separates for one but not for the other': '/a\\b/../..',
  'several of them': '/a%2fb%2fc/../..',
  'different slashes read differently': '/x%2fy/..%2f..',
  'parameters on the dots (Tomcat)': '/..;/admin',
  'parameters with a value': '/..;x=1/admin',
  'parameters on an encoded semicolon': '/..%3bx/admin',
  'parameters that hold an encoded slash': '/..;%2fx',
  'parameters on a single dot': '/a/.;x/../..',
  'nothing but parameters': '/a/;x/../..',
  'parameters that hold an encoded slash and a name': '/a/..;%2fx/..',
  'a NUL behind the dots': '/..%00/x',
  'a NUL and a name behind the dots': '/..%00x.png',
  'a space behind the dots (Windows)': '/..%20/x',
  'an encoded question mark behind the dots': '/..%3fx',
  'an encoded hash behind the dots': '/..%23x',
  'a tab between the dots (WHATWG URL)': '/.%09./x',
  'a line end between the dots': '/.%0d%0a./x',
  'overlong dots, two bytes': '/%c0%ae%c0%ae/x',
  'overlong dots, two bytes as they are': '/\xc0\xae\xc0\xae/x',
  'overlong dots, three bytes': '/%e0%80%ae%e0%80%ae/x',
  'overlong dots, four bytes': '/%f0%80%80%ae./x',
  'overlong dots, five bytes': '/%f8%80%80%80%ae./x',
  'overlong dots, six bytes': '/%fc%80%80%80%80%ae./x',
  'an overlong slash': '/..%c0%af',
  'an overlong backslash': '/..%c1%9cx',
  'an overlong backslash, three bytes': '/..%e0%81%9cx',
  'an overlong percent sign': '/%c0%a52e./x',
  'the backslash of IIS': '/..%c1%1cx',
  'half an overlong byte': '/%c0.%c0./x',
  'half an overlong byte before a slash': '/..%c0%2fx',
  'an overlong byte that is encoded twice': '/%25c0%25ae./x',
  'wide dots (IIS)': '/%25u002e%25u002e/x',
  'a wide slash': '/..%25u002fx',
  'full-width dots': '/%25uff0e%25uFF0E/x',
}

for (const [name, path] of Object.entries(outside)) {
  t.test(`climbs out: ${name}, ${path}`, async t => t.equal(climbsOut(path), true))
}

t.test('a path of visible ASCII without "..", "%" and "\\" needs no closer look', async t => {
  const visible = Array.from({ length: 94 }, (_, index) => String.fromCharCode(0x21 + index))
  const plain = visible.filter(character => !'%\\'.includes(character))
  const path = plain.join('') + plain.join('/')
  t.equal(isSuspicious(path, 0, path.length), false)
  for (const text of ['..', '%', '\\', ' ', '\0', '\x7f', '\xc0', '\uff0e']) t.equal(isSuspicious(text, 0, text.length), true, JSON.stringify(text))
})

t.test('only the given part of the text is examined', async t => {
  t.equal(isSuspicious('..a..', 2, 3), false)
  t.equal(isSuspicious('..a..', 1, 4), false)
  t.equal(isSuspicious('..a..', 2, 5), true)
})

const SIZE = 16 * 1024
const hostile: Record<string, string> = {
  slashes: '/'.repeat(SIZE),
  backslashes: '\\'.repeat(SIZE),
  'names between encoded slashes': 'a%2f'.repeat(SIZE / 4),
  'percent signs': '%'.repeat(SIZE),
  'one sign encoded over and over': `%${'25'.repeat(SIZE / 2)}`,
  'signs that decode into signs': '%25'.repeat(SIZE / 3),
  semicolons: `/${';'.repeat(SIZE)}`,
  tabs: `/${'%09'.repeat(SIZE / 3)}`,
  dots: '.'.repeat(SIZE),
  'bytes that begin an overlong form': '%f0%80%80'.repeat(SIZE / 9),
}

/**
 * How many characters are handed to `String.prototype.replace` meanwhile: every pass over the text is one, which holds
 * on any machine.
 */
function countReplaced (t: Test, run: () => void): number {
  const { prototype } = String
  const original = prototype.replace
  let count = 0
  const counting = function (this: string, ...args: Parameters<typeof original>) {
    count += this.length
    return original.apply(this, args)
  }
  t.teardown(() => { prototype.replace = original })
  prototype.replace = counting as typeof original
  run()
  prototype.replace = original
  return count
}

for (const [name, path] of Object.entries(hostile)) {
  t.test(`16 KB of ${name} are gone over a fixed number of times`, async t => {
    const count = countReplaced(t, () => climbsOut(path))
    t.ok(count <= 20 * path.length, `${count} characters gone over`)
  })
}
