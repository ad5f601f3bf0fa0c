import t from 'tap'
import { isRequestId } from '../../../lib/downstream/request-id.ts'

const rows: [name: string, value: unknown, expected: boolean][] = [
  ['a UUID', '9b2f7a52-0c2e-4a57-8d2d-3c8f8d1b3a10', true],
  ['any visible ASCII', '!a~', true],
  ['200 characters', 'x'.repeat(200), true],
  ['201 characters', 'x'.repeat(201), false],
  ['nothing', '', false],
  ['a space', 'a b', false],
  ['a line feed at the end', 'a\n', false],
  ['bytes above 127', 'caf\u00e9', false],
  ['a list', ['a'], false],
  ['no header', undefined, false],
]

for (const [name, value, expected] of rows) {
  t.test(`request id: ${name}: ${expected}`, async t => t.equal(isRequestId(value), expected))
}
