import { once } from 'node:events'
import { mock } from 'node:test'
import t from 'tap'
import { isClosing } from '../../../lib/downstream/closing.ts'
import { LINGER_TIME, lingerOnClose } from '../../../lib/downstream/lingering-close.ts'
import { connectPair, readAll } from './sockets.ts'

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
