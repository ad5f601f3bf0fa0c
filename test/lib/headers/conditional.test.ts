import t from 'tap'
import { isKnownToClient } from '../../../lib/headers/conditional.ts'

const rows: { name: string, header: string | undefined, isKnown: boolean }[] = [
  { name: 'no header', header: undefined, isKnown: false },
  { name: 'the version', header: '"a"', isKnown: true },
  { name: 'the version, weak', header: 'W/"a"', isKnown: true },
  { name: 'among others', header: '"b", W/"a" ,"c"', isKnown: true },
  { name: 'any version', header: ' * ', isKnown: true },
  { name: 'another one', header: '"b"', isKnown: false },
  { name: 'a longer one', header: '"aa"', isKnown: false },
  { name: 'without quotes', header: 'a', isKnown: false },
  { name: 'an empty header', header: '', isKnown: false },
]

for (const { name, header, isKnown } of rows) {
  t.test(`If-None-Match: ${name}`, async t => {
    t.equal(isKnownToClient(header, '"a"'), isKnown)
  })
}
