import { Socket } from 'node:net'
import t from 'tap'
import { isClosing, markClosing } from '../../../lib/downstream/closing.ts'
import type { CurrentResponse, ServerSocket } from '../../../lib/downstream/node-internals.ts'

const kept = { headersSent: false, req: { complete: true }, once: () => response, shouldKeepAlive: true, _last: false } as unknown as CurrentResponse
const response: CurrentResponse = { ...kept, shouldKeepAlive: false, _last: true }

const rows: { name: string, current?: ServerSocket['_httpMessage'], expected: boolean }[] = [
  { name: 'nothing is under way', expected: false },
  { name: 'nothing is under way any more', current: null, expected: false },
  { name: 'the last answer is the one in question', current: response, expected: false },
  { name: 'an answer before it is not the last', current: kept, expected: false },
  { name: 'an answer before it was sent as the last', current: { ...kept, _last: true }, expected: true },
  { name: 'the request before it asked for the close', current: { ...kept, shouldKeepAlive: false }, expected: true },
]

for (const { name, current, expected } of rows) {
  t.test(`a connection is ${expected ? '' : 'not '}closing: ${name}`, async t => {
    const socket: ServerSocket = new Socket()
    if (current !== undefined) socket._httpMessage = current
    t.equal(isClosing(socket, response), expected)
  })
}

t.test('a connection that was marked is closing, whichever answer comes next', async t => {
  const socket = new Socket()
  markClosing(socket)
  t.ok(isClosing(socket, response))
  t.notOk(isClosing(new Socket(), response))
})
