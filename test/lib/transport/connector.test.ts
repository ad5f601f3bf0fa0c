import { once } from 'node:events'
import type { Socket } from 'node:net'
import t, { type Test } from 'tap'
import { createConnector } from '../../../lib/transport/connector.ts'
import { startRawUpstream } from '../../helpers/upstreams.ts'
import { closeOf } from '../dispatch/fakes.ts'
import { createTarget } from '../locations.ts'

/** What a connector says of a connection to an origin. */
async function connect (origin: string): Promise<{ error: Error | null, socket: Socket | null | undefined }> {
  const { hostname, host, port, protocol } = new URL(origin)
  const open = createConnector(createTarget(origin), 1000)
  return await new Promise(resolve =>
    open({ hostname, host, port, protocol }, (error, socket) => resolve({ error, socket }))
  )
}

/** Both ends of a connection that a connector opened. */
async function connectPair (t: Test): Promise<{ socket: Socket, other: Socket }> {
  const accepted: Socket[] = []
  const origin = await startRawUpstream(t, socket => accepted.push(socket))
  const { socket } = await connect(origin)
  t.teardown(() => socket!.destroy())
  return { socket: socket!, other: accepted[0]! }
}

t.test('a connection that cannot be opened is an error, and nothing else', async t => {
  const { error, socket } = await connect('http://127.0.0.1:1')
  t.match(error, { code: 'ECONNREFUSED' })
  t.notOk(socket)
})

t.test('a reset has another code than the one that undici takes for an end', async t => {
  const { socket, other } = await connectPair(t)
  socket.resume()
  other.resetAndDestroy()
  const [error] = await once(socket, 'error')
  t.match(error, { code: 'UND_ERR_SOCKET' })
})

t.test('another error keeps its code', async t => {
  const { socket } = await connectPair(t)
  socket.destroy(Object.assign(new Error('x'), { code: 'EIO' }))
  const [error] = await once(socket, 'error')
  t.match(error, { code: 'EIO' })
})

/** Makes the handle of a socket fail at the next write, as the kernel does. */
function failWrites (socket: Socket, code: string): void {
  const failure = (callback: (error: Error) => void) =>
    process.nextTick(callback, Object.assign(new Error(code), { code }))
  const handle = socket as unknown as {
    _writeGeneric: (writev: boolean, data: unknown, encoding: string, callback: (error: Error) => void) => void
  }
  handle._writeGeneric = (_writev, _data, _encoding, callback) => failure(callback)
}

for (const code of ['EPIPE', 'ECONNRESET']) {
  t.test(`a write that fails with ${code} keeps the connection, for the answer that may wait in it`, async t => {
    const { socket, other } = await connectPair(t)
    failWrites(socket, code)
    t.equal(await new Promise(resolve => socket.write('a', resolve)), null)
    socket.cork()
    socket.write('b')
    const corked = new Promise(resolve => socket.write('c', resolve))
    socket.uncork()
    await corked
    other.end('answer')
    socket.setEncoding('utf8')
    const [text] = await once(socket, 'data')
    t.equal(text, 'answer')
  })
}

t.test('a write that fails otherwise ends the connection', async t => {
  const { socket } = await connectPair(t)
  socket.on('error', () => {})
  failWrites(socket, 'EIO')
  socket.write('a')
  await closeOf(socket)
  t.match(socket.errored, { code: 'EIO' })
})
