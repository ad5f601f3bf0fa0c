import { once } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import t from 'tap'
import { stopWatching, watchForEnd } from '../../../lib/downstream/watch-for-end.ts'
import { connectPair } from './sockets.ts'

t.test('a client that ends while it waits has its connection destroyed', async t => {
  const { client, server } = await connectPair(t)
  watchForEnd(server)
  client.end()
  await once(server, 'close')
  t.ok(server.destroyed)
})

t.test('a client that resets while it waits has, too', async t => {
  const { client, server } = await connectPair(t)
  watchForEnd(server)
  client.resetAndDestroy()
  await new Promise(resolve => { server.once('close', resolve) })
  t.ok(server.destroyed)
})

t.test('a client that waits is left alone', async t => {
  const { client, server } = await connectPair(t)
  watchForEnd(server)
  server.write('not yet')
  await once(client, 'readable')
  t.notOk(server.destroyed)
})

t.test('what a client says while it waits is there for who reads then, with what had been read before', async t => {
  const { client, server } = await connectPair(t)
  server.unshift(Buffer.from('head '))
  watchForEnd(server)
  client.write('early ')
  while (server.readableLength < 11) await setImmediate()
  stopWatching(server)
  let text = ''
  server.on('data', chunk => { text += String(chunk) })
  client.end('late')
  await once(server, 'end')
  t.equal(text, 'head early late')
})

t.test('the end of a client that has said something is left for who reads that', async t => {
  const { client, server } = await connectPair(t)
  watchForEnd(server)
  client.end('last words')
  while (server.readableLength < 10) await setImmediate()
  await setImmediate()
  t.notOk(server.destroyed)
  stopWatching(server)
  let text = ''
  server.on('data', chunk => { text += String(chunk) })
  await once(server, 'end')
  t.equal(text, 'last words')
})

t.test('an end behind the watch is nobody\'s but the reader\'s', async t => {
  const { client, server } = await connectPair(t)
  watchForEnd(server)
  stopWatching(server)
  client.end()
  server.resume()
  await once(server, 'end')
  await setImmediate()
  t.notOk(server.destroyed)
  t.strictSame([server.listenerCount('readable')], [0])
})
