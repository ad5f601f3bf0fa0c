import t from 'tap'
import { isMediaType } from '../../../lib/headers/media-type.ts'

const rows: [name: string, value: string | undefined, expected: boolean][] = [
  ['type and subtype', 'text/plain', true],
  ['parameters', 'application/json; charset=utf-8', true],
  ['every character of a token', "a!#$%&'*+.^_`|~-9/b!#$%&'*+.^_`|~-9", true],
  ['white space around', ' text/plain ;x', true],
  ['no header', undefined, false],
  ['an empty one', '', false],
  ['a type alone', 'text', false],
  ['no subtype', 'text/', false],
  ['two slashes', 'a/b/c', false],
  ['a list', 'text/plain, text/html', false],
  ['a space inside', 'text /plain', false],
]

for (const [name, value, expected] of rows) {
  t.test(`media type: ${name}: ${expected}`, async t => t.equal(isMediaType(value), expected))
}
