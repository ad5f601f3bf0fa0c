import t from 'tap'
import { parseOrDefault, ScriptSyntaxError } from '../../../../lib/rewrite/pages/token.ts'
import { Tokenizer } from '../../../../lib/rewrite/pages/tokenizer.ts'

const rows: [name: string, source: string, expected: string[]][] = [
  ['words, numbers and punctuators', 'a1.$b?.ç(2)=>c', ['a1', '.', '$b', '?.', 'ç', '(', '2', ')', '=>', 'c']],
  ['strings without their quotes', '"a\\"" + \'b"\'', ['a\\"', '+', 'b"']],
  ['a template as a sum', '`a${b}c${{ d }}` + e', ['a', '+', 'b', '+', 'c', '+', '{', 'd', '}', '+', '', '+', 'e']], // eslint-disable-line no-template-curly-in-string
  ['a template in a template', '`${`${a}`}`', ['', '+', '', '+', 'a', '+', '', '+', '']], // eslint-disable-line no-template-curly-in-string
  ['no comments', 'a /* " */ b // \'\nc <!-- `\nd', ['a', 'b', 'c', 'd']],
  ['a string that goes on in the next line', '"a\\\nb"', ['a\\\nb']],
]

for (const [name, source, expected] of rows) {
  t.test(`reads ${name}`, async t => {
    const tokenizer = new Tokenizer(source)
    const texts: string[] = []
    for (let token = tokenizer.next(); token !== undefined; token = tokenizer.next()) texts.push(token.text)
    t.same(texts, expected)
  })
}

t.test('passes over an object, also in a template', async t => {
  const tokenizer = new Tokenizer('`${{ a: "}", b: {} }}c`') // eslint-disable-line no-template-curly-in-string
  while (tokenizer.next()?.text !== '{');
  tokenizer.skipObject(tokenizer.findObjectEnd())
  t.same([tokenizer.next()?.text, tokenizer.next()?.text, tokenizer.next()], ['+', 'c', undefined])
})

t.test('only what cannot be read has a fallback', async t => {
  t.equal(parseOrDefault(1, () => { throw new ScriptSyntaxError() }), 1)
  t.throws(() => parseOrDefault(1, () => { throw new RangeError('a defect') }), RangeError)
})
