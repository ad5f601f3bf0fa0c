import type { ServerResponse } from 'node:http'
import t from 'tap'
import { writeInterim } from '../../../lib/downstream/interim-response.ts'

/** A response that notes what it is asked to write. */
function createResponse (changes: object = {}): { response: ServerResponse, written: unknown[] } {
  const written: unknown[] = []
  const response = {
    headersSent: false,
    destroyed: false,
    req: { httpVersion: '1.1' },
    writeEarlyHints (hints: object) { written.push({ ...hints }) },
    writeProcessing () { written.push(102) },
    ...changes,
  }
  return { response: response as unknown as ServerResponse, written }
}

t.test('the links of hints are given one by one, whatever is in them', async t => {
  const { response, written } = createResponse()
  writeInterim(response, 103, { link: ['</a,b>; rel=preload; title="x, y", <c>', '<d>'], 'x-a': '1' })
  writeInterim(response, 103, { 'x-a': '1' })
  t.strictSame(written, [{ link: ['</a,b>; rel=preload; title="x, y"', '<c>', '<d>'], 'x-a': '1' }, { link: [], 'x-a': '1' }])
})

t.test('a link of nothing but commas is none', async t => {
  const { response, written } = createResponse()
  writeInterim(response, 103, { link: ',' })
  t.strictSame(written, [{ link: [] }])
})

t.test('102 is passed on, and what nobody knows is not', async t => {
  const { response, written } = createResponse()
  for (const statusCode of [102, 104, 199]) writeInterim(response, statusCode, {})
  t.strictSame(written, [102])
})

t.test('nothing is written where it would be wrong, or where node refuses it', async t => {
  for (const changes of [{ headersSent: true }, { destroyed: true }, { req: { httpVersion: '1.0' } }]) {
    const { response, written } = createResponse(changes)
    writeInterim(response, 102, {})
    writeInterim(response, 103, { link: '<a>' })
    t.strictSame(written, [])
  }
  const { response } = createResponse({ writeEarlyHints () { throw new TypeError('invalid link') } })
  writeInterim(response, 103, { link: 'x' })
})
