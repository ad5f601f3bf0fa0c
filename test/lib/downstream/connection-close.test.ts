import { once } from 'node:events'
import { mock } from 'node:test'
import { Socket } from 'node:net'
import t from 'tap'
import { isClosing, LINGER_TIME, lingerOnClose, markClosing } from '../../../lib/downstream/connection-close.ts'
import { connectPair, readAll } from './sockets.ts'
import type { CurrentResponse, ServerSocket } from '../../../lib/downstream/node-internals.ts'

const kept = {
  headersSent: false,
  req: { complete: true },
  once: () => response,
  shouldKeepAlive: true,
  _last: false,
} as unknown as CurrentResponse
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

t.test('a client that is still sending reads its whole answer before the connection is closed', async t => {
  const { client, server } = await connectPair(t)
  const answer = 'x'.repeat(200_000)
  server.resume()
  const upload = setInterval(() => client.write(Buffer.alloc(64 * 1024)), 1)
  t.teardown(() => clearInterval(upload))

  lingerOnClose(server)
  server.write(answer)
  server.destroySoon()
  t.equal((await readAll(client)).length, answer.length)
  t.notOk(server.destroyed, 'the upload may go on')

  clearInterval(upload)
  client.end()
  await once(server, 'close')
})

t.test('a client that does not close is closed when the time is over', async t => {
  const { client, server } = await connectPair(t)
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => mock.timers.reset())
  lingerOnClose(server)
  server.destroySoon()
  mock.timers.tick(LINGER_TIME - 1)
  t.notOk(server.destroyed)
  mock.timers.tick(1)
  t.ok(server.destroyed)
  client.destroy()
})

t.test('nothing more of such a connection is acted on', async t => {
  const { server } = await connectPair(t)
  lingerOnClose(server)
  t.ok(isClosing(server, {}))
})

t.test('a connection that is gone is left alone', async t => {
  const { server } = await connectPair(t)
  server.destroy()
  const { destroySoon } = server
  lingerOnClose(server)
  t.equal(server.destroySoon, destroySoon)
})
