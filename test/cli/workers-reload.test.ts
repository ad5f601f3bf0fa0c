import { once } from 'node:events'
import http from 'node:http'
import { unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import tls from 'node:tls'
import t, { type Test } from 'tap'
import { fixture } from '../helpers/certificates.ts'
import { sendRequest } from '../helpers/http1-client.ts'
import { connectRaw } from '../helpers/raw-client.ts'
import { startUpstream } from '../helpers/upstreams.ts'
import { closeOf, nextMessage, openWebSocket, startWebSocketUpstream } from '../helpers/websocket.ts'
import { startCommand } from './command.ts'
import { childrenOf, isAlive, listeners, workersIn } from './worker-pids.ts'

const DONE = /"msg":"every worker has been replaced"/

/** A running gateway with workers, and a configuration that can be changed. */
async function startWorkers (t: Test, count: number, options: object, args: string[] = []) {
  const cwd = t.testdir({ 'gateway.config.json': JSON.stringify(options) })
  const gateway = await startCommand(t, ['--workers', String(count), ...args], { cwd })
  await gateway.until(listeners(count))
  return {
    ...gateway,
    cwd,
    port: Number(new URL(gateway.address).port),
    workers: () => workersIn(gateway.stdout()),
    configure: (changed: object | string) => writeFileSync(join(cwd, 'gateway.config.json'), typeof changed === 'string' ? changed : JSON.stringify(changed)),
    replacements: () => gateway.stdout().split(DONE).length - 1,
  }
}

/** Sends one request after the other until it is stopped, each once, and keeps what went wrong. */
function startLoad (t: Test, port: number, { agent, body }: { agent: http.Agent | false, body?: string }) {
  const failures: string[] = []
  const load = { count: 0, isStopped: false }
  const ended = (async () => {
    for (; !load.isStopped; load.count++) {
      await exchange(port, agent, body).catch((error: NodeJS.ErrnoException) => failures.push(`${body === undefined ? 'GET' : 'POST'} ${load.count}: ${error.code ?? error.message}`))
      // Also about as long as a connection needs to be closed.
      await delay(Math.random() * 5)
    }
  })()
  // A load that is not stopped would keep the process of a test that has failed.
  t.teardown(() => { load.isStopped = true })
  return {
    async stop () {
      load.isStopped = true
      await ended
      return { count: load.count, failures }
    },
  }
}

/** Rejects unless the whole response of `startApp` comes back. */
async function exchange (port: number, agent: http.Agent | false, body: string | undefined): Promise<void> {
  const response = await sendRequest(port, '/app/', { agent, body, method: body === undefined ? 'GET' : 'POST' })
  const text = response.body.toString()
  if (response.statusCode !== 200 || !response.isComplete || text !== (body ?? 'fine')) throw new Error(`${response.statusCode} ${text}`)
}

/** An app that responds to a POST with its body, and to anything else at once, later, or bit by bit. */
async function startApp (t: Test): Promise<string> {
  return await startUpstream(t, async (request, response) => {
    if (request.url === '/slow') await delay(2500)
    if (request.url === '/events') response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n')
    else if (request.method === 'POST') request.pipe(response)
    else response.end('fine')
  })
}

t.test('SIGHUP replaces the workers one by one, and no request is refused or cut', async t => {
  const chat = await startWebSocketUpstream(t)
  const options = { apps: [{ name: 'app', upstreams: await startApp(t) }, { name: 'chat', upstreams: chat.origin }], shutdown: { delay: '60s', gracePeriod: '4s' } }
  const { port, address, child, workers, until, stdout, ended } = await startWorkers(t, 2, options)
  const before = workers()
  const agents = Array.from({ length: 4 }, () => new http.Agent({ keepAlive: true, maxSockets: 1 }))
  t.teardown(() => agents.forEach(agent => agent.destroy()))
  const body = 'x'.repeat(10_000)
  const loads = [...agents, false as const, false as const].map((agent, index) =>
    startLoad(t, port, { agent, ...(index % 2 === 0 && { body }) })
  )
  const idle = await Promise.all([connectRaw(t, port), connectRaw(t, port)])
  for (const client of idle) {
    client.write('GET /app/ HTTP/1.1\r\nHost: a\r\n\r\n')
    await client.until(/fine/)
  }
  const slow = await connectRaw(t, port)
  slow.write('GET /app/slow HTTP/1.1\r\nHost: a\r\n\r\n')
  const events = await connectRaw(t, port)
  events.write('GET /app/events HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
  await events.until(/data: 1/)
  const socket = await openWebSocket(t, `${address}/chat/`)
  socket.send('hello')
  await nextMessage(socket)
  const closed = closeOf(socket)

  child.kill('SIGHUP')
  await until(listeners(3))
  await delay(300)
  for (const client of idle) client.write('GET /app/ HTTP/1.1\r\nHost: a\r\n\r\n')
  for (const client of idle) await client.until(/fine[^]*fine/)
  await until(listeners(4))
  // One of them may be on the second.
  await delay(300)
  for (const client of idle.filter(({ socket }) => !socket.closed)) client.write('GET /app/ HTTP/1.1\r\nHost: a\r\n\r\n')
  t.match(await closed, { code: 1001 })
  t.match(await events.closed(), /data: 1\n\n\r\n0\r\n\r\n$/, 'it ends as a whole response')
  await slow.until(/^HTTP\/1\.1 200 [^]*fine/)
  slow.socket.destroy()
  await until(DONE)
  const results = await Promise.all(loads.map(load => load.stop()))
  t.strictSame(results.flatMap(({ failures }) => failures), [])
  t.ok(results.every(({ count }) => count > 20))
  for (const client of idle) t.match(await client.closed(), /connection: close\r\n[^]*fine/i)
  t.notOk(before.some(isAlive), 'the old ones have ended')
  t.equal(workers().length, 4)
  t.notMatch(stdout(), /"level":[45]0/)
  child.kill('SIGTERM')
  await until(/SIGTERM: finishing/)
  // A stop waits for `shutdown.delay`.
  child.kill('SIGTERM')
  t.match(await ended, { exitCode: 143, stderr: '' })
})

t.test('SIGHUP reads the configuration anew; one that is wrong changes nothing, and two signals at a time are one reload more', async t => {
  const [first, second] = [await startUpstream(t, (_request, response) => response.end('first')), await startUpstream(t, (_request, response) => response.end('second'))]
  const configOf = (upstream: string) => ({ apps: [{ name: 'app', upstreams: upstream }] })
  const { address, child, workers, until, configure, replacements, ended } = await startWorkers(t, 1, configOf(first))
  const fetchBody = async () => (await fetch(`${address}/app/`, { headers: { connection: 'close' } })).text()
  configure('{ "apps": ')
  child.kill('SIGHUP')
  await until(/"level":50,.*"msg":"the new configuration cannot be used; the one before stays"/)
  t.strictSame([await fetchBody(), workers().length], ['first', 1])

  process.kill(workers()[0]!, 'SIGKILL')
  await until(listeners(2))
  t.equal(await fetchBody(), 'first', 'a worker that replaces a dead one has the configuration of the others')

  configure(configOf(second))
  for (let i = 0; i < 3; i++) {
    child.kill('SIGHUP')
    await delay(50)
  }
  await until(/(?:every worker has been replaced[^]*){2}/)
  t.strictSame([await fetchBody(), workers().length], ['second', 4])
  child.kill('SIGHUP')
  child.kill('SIGTERM')
  t.match(await ended, { exitCode: 0, stderr: '' }, 'a stop ends a replacement, too')
  t.equal(replacements(), 2)
  t.notOk(workers().some(isAlive))
})

t.test('a worker that cannot start ends the replacement, and those that are there go on', async t => {
  const upstream = await startUpstream(t, (_request, response) => response.end('fine'))
  const config = { apps: [{ name: 'app', upstreams: upstream }], tls: { cert: fixture('name.cert'), key: 'key.pem' } }
  const { port, cwd, child, workers, until, configure } = await startWorkers(t, 2, { ...config, tls: { ...config.tls, key: fixture('name.key') } })
  const nameOf = async () => {
    const socket = tls.connect({ port, host: '127.0.0.1', servername: 'localhost', rejectUnauthorized: false })
    await once(socket, 'secureConnect')
    const { subject } = socket.getPeerCertificate()
    socket.destroy()
    return String(subject.CN)
  }
  t.match(await nameOf(), /name/)
  // Good when the primary looks, and gone when the worker does, which takes far longer to start.
  writeFileSync(join(cwd, 'key.pem'), fixture('name.key'))
  configure(config)
  const before = childrenOf(child)
  child.kill('SIGHUP')
  while (childrenOf(child).length === before.length) await delay(1)
  unlinkSync(join(cwd, 'key.pem'))
  await until(/"level":50.*"msg":"a new worker does not start; those that are left go on"/)
  t.strictSame(workers().filter(isAlive).length, 2)
  t.match(await nameOf(), /name/)
})
