import type { Socket } from 'node:net'
import t, { type Test } from 'tap'
import { startGateway } from '../helpers/gateways.ts'
import { sendRequest } from '../helpers/http1-client.ts'
import { startUpstream } from '../helpers/upstreams.ts'
import { closing, defer, soon } from '../helpers/waiting.ts'

async function startNamed (t: Test, name: string, sockets = new Set<Socket>()): Promise<string> {
  return startUpstream(t, (request, response) => {
    sockets.add(request.socket)
    response.writeHead(200, { 'content-type': 'text/plain' }).end(name)
  })
}

t.test('two gateways with one prefix send each to its own upstreams', async t => {
  const one = await startGateway(t, await startNamed(t, 'one'))
  const two = await startGateway(t, await startNamed(t, 'two'))
  const bodies = await Promise.all(Array.from({ length: 40 }, (_, i) => sendRequest((i % 2 === 0 ? one : two).port, '/app/')))
  t.strictSame(bodies.map(({ body }) => body.toString()), bodies.map((_reply, i) => i % 2 === 0 ? 'one' : 'two'))
})

t.test('two gateways with the same upstreams keep their turns and their connections apart', async t => {
  const hosts = new Map<Socket, Set<string | undefined>>()
  const startRecording = (name: string) => startUpstream(t, ({ socket, headers }, response) => {
    hosts.set(socket, (hosts.get(socket) ?? new Set()).add(headers.host))
    response.writeHead(200, { 'content-type': 'text/plain' }).end(name)
  })
  const upstreams = [await startRecording('a'), await startRecording('b')]
  const one = await startGateway(t, upstreams)
  const two = await startGateway(t, upstreams)
  const turns: string[] = []
  for (let i = 0; i < 8; i++) {
    const name = async (port: number) => (await sendRequest(port, '/app/')).body.toString()
    turns.push(await name(one.port) + await name(two.port))
  }
  t.strictSame(turns, ['aa', 'bb', 'aa', 'bb', 'aa', 'bb', 'aa', 'bb'])
  t.ok([...hosts.values()].every(({ size }) => size === 1), 'no connection to an upstream serves both')
})

t.test('a gateway that closes leaves another one, and what it has under way, alone', async t => {
  const requested = defer<() => void>()
  const upstream = await startUpstream(t, (request, response) => {
    if (request.url === '/slow') requested.resolve(() => response.end('slow'))
    else response.end('fast')
  })
  const one = await startGateway(t, upstream)
  const two = await startGateway(t, upstream)
  t.equal((await sendRequest(one.port, '/app/fast')).body.toString(), 'fast')
  const slow = sendRequest(two.port, '/app/slow')
  const finish = await requested.promise
  await one.fastify.close()
  finish()
  t.equal((await soon(slow, 'the slow response')).body.toString(), 'slow')
  t.equal((await sendRequest(two.port, '/app/fast')).body.toString(), 'fast')
})

t.test('two gateways in one process have their own options', async t => {
  const silent = await startUpstream(t, () => {})
  const unlimited = await startGateway(t, silent, { timeouts: { headers: 0 } })
  const limited = await startGateway(t, silent, { timeouts: { headers: 100 } })
  const waiting = sendRequest(unlimited.port, '/app/').then(() => 'answered', () => 'broken off')
  t.equal((await soon(sendRequest(limited.port, '/app/'), 'the limited one')).statusCode, 504)
  t.equal((await soon(sendRequest(limited.port, '/app/'), 'the limited one')).statusCode, 504)
  t.equal(await Promise.race([waiting, Promise.resolve('waiting')]), 'waiting')
  t.not(unlimited.fastify.gateway, limited.fastify.gateway)
})

t.test('a gateway that closes gives its connections to upstreams back', async t => {
  const sockets = new Set<Socket>()
  const { fastify, port } = await startGateway(t, await startNamed(t, 'a', sockets))
  await Promise.all(Array.from({ length: 10 }, () => sendRequest(port, '/app/')))
  t.ok(sockets.size > 0)
  await fastify.close()
  await soon(Promise.all([...sockets].map(closing)), 'the end of all connections')
  t.pass('all are closed')
})
