import t from 'tap'
import { createCloseFrame, GOING_AWAY } from '../../../lib/tunnel/close-frame.ts'

t.test('a close frame for a client is its code and nothing else', async t => {
  t.strictSame(createCloseFrame(GOING_AWAY, false), Buffer.of(0x88, 0x02, 0x03, 0xe9))
})

t.test('a close frame for a server is masked', async t => {
  const frame = createCloseFrame(GOING_AWAY, true)
  t.strictSame(frame.subarray(0, 2), Buffer.of(0x88, 0x82))
  const [mask, payload] = [frame.subarray(2, 6), frame.subarray(6)]
  t.strictSame(payload.map((byte, index) => byte ^ mask[index]!), Buffer.of(0x03, 0xe9))
})

t.test('no mask is foreseen by another', async t => {
  const masks = Array.from({ length: 10 }, () => createCloseFrame(GOING_AWAY, true).toString('hex', 2, 6))
  t.equal(new Set(masks).size, masks.length)
})

t.test('both bytes of a code are said', async t => {
  t.strictSame(createCloseFrame(4999, false).subarray(2), Buffer.of(0x13, 0x87))
})
