import type { Socket } from 'node:net'
import { once } from 'node:events'
import net from 'node:net'
import { Worker } from 'node:worker_threads'
import t, { type Test } from 'tap'
import { startGateway } from '../helpers/gateways.ts'
import { isGatewayError, sendRequest, stillServes } from '../helpers/http1-client.ts'
import { connectRaw } from '../helpers/raw-client.ts'
import { startLyingUpstream, startRawUpstream, startUpstream } from '../helpers/upstreams.ts'
import { closing, defer, soon } from '../helpers/waiting.ts'

t.test('an upstream that takes a request and never responds is given up after timeouts.headers', async t => {
  const silent = defer<Socket>()
  const upstream = await startLyingUpstream(t, socket => silent.resolve(socket))
  const { port } = await startGateway(t, upstream, { timeouts: { headers: 150 } })
  isGatewayError(t, await soon(sendRequest(port, '/app/lie'), 'the response'), 504, 'GW_ERR_UPSTREAM_TIMEOUT')
  await soon(closing(await silent.promise), 'the end of the upstream\'s connection')
  await stillServes(t, port)
})

t.test('a head that never ends is given up after timeouts.headers, whatever trickles in', async t => {
  const upstream = await startLyingUpstream(t, socket => {
    socket.write('HTTP/1.1 200 OK\r\n')
    const timer = setInterval(() => socket.write('X-More: 1\r\n'), 20)
    socket.once('close', () => clearInterval(timer))
  })
  const { port } = await startGateway(t, upstream, { timeouts: { headers: 200 } })
  isGatewayError(t, await soon(sendRequest(port, '/app/lie'), 'the response'), 504, 'GW_ERR_UPSTREAM_TIMEOUT')
  await stillServes(t, port)
})

t.test('interim responses do not put timeouts.headers off', async t => {
  const upstream = await startLyingUpstream(t, socket => {
    const timer = setInterval(() => socket.write('HTTP/1.1 103 Early Hints\r\n\r\n'), 20)
    socket.once('close', () => clearInterval(timer))
  })
  const { port } = await startGateway(t, upstream, { timeouts: { headers: 200 } })
  isGatewayError(t, await soon(sendRequest(port, '/app/lie'), 'the response'), 504, 'GW_ERR_UPSTREAM_TIMEOUT')
  await stillServes(t, port)
})

t.test('an upstream that stalls in a body ends the client\'s connection after timeouts.body', async t => {
  const rows = [
    { name: 'content-length', response: 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart' },
    { name: 'chunks', response: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n' },
    { name: 'the connection\'s end', response: 'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\npart' },
    { name: 'nothing after the head', response: 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n' },
  ]
  for (const { name, response } of rows) {
    const stalled = defer<Socket>()
    const upstream = await startLyingUpstream(t, socket => {
      stalled.resolve(socket)
      socket.write(response)
    })
    const { port } = await startGateway(t, upstream, { timeouts: { body: 150 } })
    const reply = await soon(sendRequest(port, '/app/lie'), name)
    t.strictSame([reply.statusCode, reply.isComplete], [200, false], name)
    await soon(closing(await stalled.promise), 'the end of the upstream\'s connection')
    await stillServes(t, port)
  }
})

t.test('a body that keeps coming is not cut by timeouts.body, however long it takes', async t => {
  const upstream = await startUpstream(t, (_request, response) => {
    let left = 30
    const timer = setInterval(() => {
      response.write('x')
      if (--left > 0) return
      clearInterval(timer)
      response.end()
    }, 20)
  })
  const { port } = await startGateway(t, upstream, { timeouts: { body: 300, headers: 300 } })
  const reply = await sendRequest(port, '/app/')
  t.strictSame([reply.statusCode, reply.body.length, reply.isComplete], [200, 30, true])
})

t.test('timeouts.request bounds the whole exchange', async t => {
  t.test('before the head: 504', async t => {
    const upstream = await startLyingUpstream(t, () => {})
    const { port } = await startGateway(t, upstream, { timeouts: { request: 150 } })
    isGatewayError(t, await soon(sendRequest(port, '/app/lie'), 'the response'), 504, 'GW_ERR_UPSTREAM_TIMEOUT')
    await stillServes(t, port)
  })

  t.test('in a body that keeps coming: the connection ends', async t => {
    const upstream = await startLyingUpstream(t, socket => {
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')
      const timer = setInterval(() => socket.write('1\r\nx\r\n'), 20)
      socket.once('close', () => clearInterval(timer))
    })
    const { port } = await startGateway(t, upstream, { timeouts: { request: 250 } })
    const reply = await soon(sendRequest(port, '/app/lie'), 'the end')
    t.strictSame([reply.statusCode, reply.isComplete], [200, false])
    await stillServes(t, port)
  })

  t.test('in an upload that stalls: 504', async t => {
    const upstream = await startUpstream(t, request => { request.resume() })
    const { port } = await startGateway(t, upstream, { timeouts: { request: 150 } })
    const client = await connectRaw(t, port)
    client.write('POST /app/ HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nbegin')
    t.match(await soon(client.until(/GW_ERR_UPSTREAM_TIMEOUT/), 'the response'), /^HTTP\/1\.1 504 /)
  })
})

t.test('a client that is slow to upload is not its upstream\'s timeout', async t => {
  const begun = defer()
  const upstream = await startUpstream(t, (request, response) => {
    if (request.url === '/silent') return
    begun.resolve()
    request.resume().on('end', () => response.end('got it'))
  })
  const { port } = await startGateway(t, upstream, { timeouts: { headers: 100 } })
  const client = await connectRaw(t, port)
  client.write('POST /app/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 10\r\n\r\nbegin')
  await begun.promise
  // The clock: each of these takes the time that the upload must survive.
  for (let i = 0; i < 3; i++) t.equal((await sendRequest(port, '/app/silent')).statusCode, 504)
  client.write('ended')
  t.match(await soon(client.closed(), 'the response'), /^HTTP\/1\.1 200 [^]*got it/)
})

t.test('an upstream that does not read an upload is given up after timeouts.headers', async t => {
  const upstream = await startRawUpstream(t, socket => socket.pause())
  const { port } = await startGateway(t, upstream, { timeouts: { headers: 200 } })
  const client = await connectRaw(t, port)
  client.write('POST /app/ HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\n')
  const chunk = Buffer.alloc(256 * 1024)
  const more = () => { while (!client.socket.destroyed && client.socket.write(chunk)); }
  client.socket.on('drain', more)
  more()
  t.match(await soon(client.until(/GW_ERR_UPSTREAM_TIMEOUT/), 'the response'), /^HTTP\/1\.1 504 /)
})

/** A port that takes no connection: its queue is full, and the kernel drops what more comes. Linux. */
async function startFullPort (t: Test): Promise<number> {
  const worker = new Worker(`
    const { workerData, parentPort } = require('node:worker_threads')
    const server = require('node:net').createServer()
    server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
      parentPort.postMessage(server.address().port)
      // From here on nothing is accepted.
      setImmediate(() => Atomics.wait(workerData, 0, 0))
    })`, { eval: true, workerData: new Int32Array(new SharedArrayBuffer(4)) })
  t.teardown(() => worker.terminate())
  const [port] = await once(worker, 'message') as [number]
  const fillers: Socket[] = []
  t.teardown(() => fillers.forEach(socket => socket.destroy()))
  for (let isFull = false; !isFull;) {
    const socket = net.connect(port, '127.0.0.1').on('error', () => {})
    fillers.push(socket)
    const timer = setTimeout(() => socket.emit('stuck'), 300)
    await Promise.race([once(socket, 'connect'), once(socket, 'stuck').then(() => { isFull = true })])
    clearTimeout(timer)
  }
  return port
}

t.test('a connection that does not come about is given up after timeouts.connect', { skip: process.platform !== 'linux' }, async t => {
  const full = await startFullPort(t)
  const { port } = await startGateway(t, `http://127.0.0.1:${full}`, { timeouts: { connect: 200 } })
  isGatewayError(t, await soon(sendRequest(port, '/app/'), 'the response'), 504, 'GW_ERR_UPSTREAM_TIMEOUT')
  isGatewayError(t, await soon(sendRequest(port, '/app/', { method: 'POST', body: 'x'.repeat(100_000) }), 'the response'), 504, 'GW_ERR_UPSTREAM_TIMEOUT')
})

t.test('timeouts.request also bounds the wait for a connection', { skip: process.platform !== 'linux' }, async t => {
  const full = await startFullPort(t)
  const { port } = await startGateway(t, `http://127.0.0.1:${full}`, { timeouts: { connect: 0, request: 200 } })
  isGatewayError(t, await soon(sendRequest(port, '/app/'), 'the response'), 504, 'GW_ERR_UPSTREAM_TIMEOUT')
})
