import { once } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import type { Socket } from 'node:net'
import t from 'tap'
import { openTransport } from '../../../lib/upstream/open-transport.ts'
import { startRawUpstream } from '../../helper.ts'
import { createTarget } from '../locations.ts'
import { GET, silentHandler } from './transport.ts'

const SETTINGS = { connectTimeout: 20_000, maxConnections: 1 }

t.test('an upstream is connected to when there is something to send, and spoken to in HTTP/1.1', async t => {
  const sockets: Socket[] = []
  const origin = await startRawUpstream(t, socket => sockets.push(socket))
  const transport = openTransport(createTarget(origin), SETTINGS)
  t.teardown(() => transport.destroy())
  await setImmediate()
  t.equal(sockets.length, 0)

  const completed = new Promise<string>(resolve => {
    let text = ''
    transport.dispatch(GET, { ...silentHandler, onData: chunk => { text += String(chunk); return true }, onComplete: () => resolve(text) })
  })
  while (sockets.length === 0) await setImmediate()
  const [bytes] = await once(sockets[0]!, 'data') as [Buffer]
  t.match(String(bytes), /^GET \/ HTTP\/1\.1\r\nhost: upstream\.test\r\n/)
  sockets[0]!.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine')
  t.equal(await completed, 'fine')
})
