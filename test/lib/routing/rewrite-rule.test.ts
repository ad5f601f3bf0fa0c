import t from 'tap'
import type { Problem } from '../../../lib/errors.ts'
import { compileRewrite } from '../../../lib/routing/rewrite-rule.ts'

function compile (pattern: string, replacement: string) {
  const problems: Problem[] = []
  const rule = compileRewrite([pattern, replacement], 'apps[0].rewrite', problems)
  return { rule, messages: problems.map(({ message }) => message), paths: problems.map(({ path }) => path) }
}

t.test('a rewrite is compiled once, without flags', async t => {
  const { rule, messages } = compile('^/users/(.*)$', '/api/$1')
  t.same(messages, [])
  t.equal(rule?.pattern.source, '^\\/users\\/(.*)$')
  t.equal(rule?.pattern.flags, '')
  t.equal(rule?.replacement, '/api/$1')
})

const fine: Record<string, [pattern: string, replacement: string]> = {
  'an empty replacement': ['^/users', ''],
  'as many groups as there are': ['(a)(b)', '$2/$1'],
  'a group in a group': ['((a)b)', '$1$2'],
  'a group followed by a digit': ['(a)', '/$12'],
  'a group with a leading zero': ['(a)', '/$01'],
  'a named group, by name and by number': ['(?<id>\\d+)', '/$<id>/$1'],
  'the tenth group': ['(a)'.repeat(10), '$10'],
  'an escaped dollar sign': ['a', '/$$1/$$<x>'],
  'a dollar sign on its own': ['a', '/$/$x'],
  'a percent-encoded space': ['a', '/a%20b'],
}

for (const [name, [pattern, replacement]] of Object.entries(fine)) {
  t.test(`fine: ${name}`, async t => {
    const { rule, messages } = compile(pattern, replacement)
    t.same(messages, [])
    t.not(rule, null)
  })
}

const wrong: Record<string, [pattern: string, replacement: string, message: RegExp]> = {
  'a pattern that does not compile, with the reason': ['(', '', /^its pattern does not compile: .*Unterminated group/],
  'a pattern that can run for exponential time': ['(a|a)*$', '', /^its pattern "\(a\|a\)\*\$" can run for exponential time/],
  'a pattern whose time cannot be bounded': ['(?!a)', '', /^its pattern "\(\?!a\)" uses \(\?!/],
  'a query': ['a', '/b?c', /may not hold "\?": .* %3F$/],
  'a fragment': ['a', '/b#c', /may not hold "#": .* %23$/],
  'a space': ['a', '/b c', /may not hold " ": .* %20$/],
  'a line end': ['a', '/b\r\n', /may not hold "\\r": .* %0D$/],
  'a NUL': ['a', '/\0', /%00$/],
  'a letter outside ASCII': ['a', '/é', /may not hold "é": .* %C3%A9$/],
  'a character of two code units': ['a', '/😀', /%F0%9F%98%80$/],
  'a group where there is none': ['a', '/$1', /names \$1, but its pattern has no groups$/],
  'a group beyond the last': ['(a)(?:b)(c)', '/$3', /names \$3, but its pattern has \$1 to \$2 only$/],
  'group 0': ['(a)', '/$0', /names \$0/],
  'a named group where there is none': ['(a)', '/$<id>', /names \$<id>, but its pattern has no group \(\?<id>…\)$/],
  'another named group': ['(?<id>a)', '/$<ID>', /names \$<ID>/],
}

for (const [name, [pattern, replacement, message]] of Object.entries(wrong)) {
  t.test(`a problem: ${name}`, async t => {
    const { rule, messages, paths } = compile(pattern, replacement)
    t.equal(rule, null)
    t.equal(messages.length, 1)
    t.match(messages[0], message)
    t.same(paths, ['apps[0].rewrite'])
  })
}

t.test('every problem of a rewrite is reported at once', async t => {
  const { messages } = compile('(a|a)*', '/$2?')
  t.equal(messages.length, 3)
  t.equal(compile('(', '/?').messages.length, 2)
})
