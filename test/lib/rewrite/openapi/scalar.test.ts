import t from 'tap'
import type { ScalarStyle } from '../../../../lib/rewrite/openapi/node.ts'
import { quote, writeScalar } from '../../../../lib/rewrite/openapi/scalar.ts'

const write = (value: string, style: ScalarStyle, source = '') => writeScalar(value, { kind: 'scalar', start: 0, end: 0, value: '', style }, source)

t.test('a scalar keeps its style where that can hold the value', async t => {
  const rows: [value: string, style: ScalarStyle, expected: string][] = [
    ['/a/{b}', 'plain', '/a/{b}'],
    ['/a/{b}', 'flow-plain', '"/a/{b}"'],
    ['/a/b', 'flow-plain', '/a/b'],
    ['/a: b', 'plain', '"/a: b"'],
    ['/a #b', 'plain', '"/a #b"'],
    ['/a:', 'plain', '"/a:"'],
    ["it's", 'single', "'it''s'"],
    ['a\nb', 'single', '"a\\nb"'],
    ['/a', 'json', '"/a"'],
    ['/a', 'block', '"/a"'],
  ]
  for (const [value, style, expected] of rows) t.equal(write(value, style), expected, `${style}: ${value}`)
})

t.test('what replaces a block scalar ends its line', async t => {
  t.equal(write('/a', 'block', '|\n  x\n'), '"/a"\n')
  t.equal(write('/a', 'block', '|\r\n  x\r\n'), '"/a"\r\n')
  t.equal(write('/a', 'block', '|\n  x'), '"/a"')
})

t.test('what YAML does not print is escaped', async t => {
  t.equal(quote('\u007f\u0085\u2028\ufeff\ud800"\\é😀'), '"\\u007f\\u0085\\u2028\\ufeff\\ud800\\"\\\\é😀"')
})
