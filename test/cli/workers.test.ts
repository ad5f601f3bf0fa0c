import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import net from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { formatRequest, sendBytes } from '../helpers/raw-client.ts'
import { startUpstream } from '../helpers/upstreams.ts'
import { defer } from '../helpers/waiting.ts'
import { runCommand, startCommand } from './command.ts'
import { isAlive, listeners, untilGone, workersIn } from './worker-pids.ts'

/** A running gateway with workers in front of an app that responds to `/slow` when the test says so. */
async function startWorkers (t: Test, count: number, options: object = {}) {
  const requested = defer<ServerResponse>()
  const upstream = await startUpstream(t, (request, response) => {
    if (request.url === '/slow') requested.resolve(response)
    else response.end(request.url)
  })
  const cwd = t.testdir({ 'gateway.config.json': JSON.stringify({ apps: [{ name: 'app', upstreams: upstream }], ...options }) })
  const gateway = await startCommand(t, ['--workers', String(count)], { cwd })
  await gateway.until(listeners(count))
  const port = Number(new URL(gateway.address).port)
  return { ...gateway, cwd, port, upstream, requested: requested.promise, workers: () => workersIn(gateway.stdout()) }
}

/** A request on a connection of its own. Resolves to all bytes of its response. */
async function sendGet (t: Test, port: number, path = '/app/'): Promise<string> {
  return await sendBytes(t, port, formatRequest(`GET ${path}`))
}

/** A request under way; `respond` ends it. */
async function sendSlow (t: Test, { port, requested }: { port: number, requested: Promise<ServerResponse> }) {
  const response = sendGet(t, port, '/app/slow')
  const upstream = await requested
  return { response, respond: () => upstream.end('late') }
}

t.test('several workers share a port and its load, are reported once, and are replaced when they die', async t => {
  const { address, port, stdout, until, workers, upstream, child, ended } = await startWorkers(t, 2)
  t.match(stdout().split('\n').filter(line => !line.startsWith('{')).join('\n'), `PREFIX  APP  UPSTREAMS\n/app    app  ${upstream}\n\nGateway listening on ${address}\n`)
  t.equal(stdout().match(/listening/gi)!.length, 1)
  for (let i = 0; i < 10; i++) t.match(await sendGet(t, port), /^HTTP\/1\.1 200 /)
  await until(/(?:"request forwarded"[^]*){10}/)
  const served = workers().map(pid => [...stdout().matchAll(new RegExp(`"pid":${pid}.*"request forwarded"`, 'g'))].length)
  t.strictSame(served, [5, 5], 'in turn')

  const [first, second] = workers()
  process.kill(first!, 'SIGKILL')
  await until(/"level":40.*"signal":"SIGKILL","msg":"worker has died \(SIGKILL\); another one starts in 100 ms"/)
  for (let i = 0; i < 4; i++) t.match(await sendGet(t, port), /^HTTP\/1\.1 200 /, 'the other one goes on')
  await until(listeners(3))

  for (const pid of [second!, workers()[2]!]) process.kill(pid, 'SIGKILL')
  await until(listeners(5))
  t.match(await sendGet(t, port), /^HTTP\/1\.1 200 /, 'the port is kept, also when all have died')
  t.match(stdout(), /another one starts in 200 ms/, 'one that dies again waits for longer')

  child.kill('SIGTERM')
  t.match(await ended, { exitCode: 0, stderr: '' })
  t.notOk(workers().some(isAlive))
})

t.test('when all processes of a group get a signal, as by Ctrl-C, what is under way is finished', async t => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    const gateway = await startWorkers(t, 2, { shutdown: { gracePeriod: '30s' } })
    const { response, respond } = await sendSlow(t, gateway)
    for (const pid of [...gateway.workers(), gateway.child.pid!, ...gateway.workers()]) process.kill(pid, signal)
    await gateway.until(new RegExp(`"msg":"${signal}: finishing`))
    while (await isListening(gateway.port)) await delay(20)
    respond()
    t.match(await response, /^HTTP\/1\.1 200 [^]*late/)
    t.match(await gateway.ended, { exitCode: 0, stderr: '' })
    t.notOk(gateway.workers().some(isAlive))
    t.equal(gateway.stdout().match(/: finishing/g)!.length, 1)
  }
})

async function isListening (port: number): Promise<boolean> {
  const socket = net.connect(port, '127.0.0.1')
  const isOpen = await once(socket, 'connect').then(() => true, () => false)
  socket.destroy()
  return isOpen
}

t.test('a second signal ends all of them at once', async t => {
  const gateway = await startWorkers(t, 2, { shutdown: { gracePeriod: '60s' } })
  const { response } = await sendSlow(t, gateway)
  gateway.child.kill('SIGTERM')
  await gateway.until(/"msg":"SIGTERM: finishing/)
  gateway.child.kill('SIGTERM')
  t.match(await gateway.ended, { exitCode: 143, stderr: '' })
  t.notMatch(await response, /late/)
  await untilGone(gateway.workers())
})

t.test('when the primary is killed, its workers finish what they have, and end', async t => {
  const gateway = await startWorkers(t, 2, { shutdown: { gracePeriod: '60s' } })
  const { response, respond } = await sendSlow(t, gateway)
  gateway.child.kill('SIGKILL')
  while (gateway.workers().filter(isAlive).length > 1) await delay(10)
  respond()
  t.match(await response, /^HTTP\/1\.1 200 [^]*late/)
  await untilGone(gateway.workers())
})

t.test('what is wrong is reported once, and starts nothing', async t => {
  const { port, cwd, child, ended } = await startWorkers(t, 1)
  t.same(await runCommand(t, ['start', '--workers', '2', '--port', String(port)], { cwd }), {
    exitCode: 1,
    stdout: '',
    stderr: `error: port ${port} is in use: stop what listens there, or choose another with --port (0 is any free one)\n`,
  })
  child.kill('SIGTERM')
  t.match(await ended, { exitCode: 0 }, 'one worker is supervised, too')
  const broken = t.testdir({ 'gateway.config.json': '{ "apps": [{ "name": "app" }], "gracePeriod": 1 }' })
  const { exitCode, stdout, stderr } = await runCommand(t, ['start', '--workers', '3'], { cwd: broken })
  t.strictSame([exitCode, stdout], [1, ''])
  t.match(stderr, /^error: Invalid gateway configuration[^]*gracePeriod: unknown option/)
  t.equal(stderr.match(/gracePeriod: unknown/g)!.length, 1)
})

t.test('the apps of the demo are started once, for all workers', async t => {
  const { address, stdout, child, ended } = await startCommand(t, ['--demo', '--workers', '2'])
  const links = [...stdout().matchAll(/^ {2}(http:\S+)/gm)].map(([, url]) => url!)
  t.ok(links.length >= 5)
  for (const link of [...links, ...links]) {
    const response = await fetch(link, { headers: { connection: 'close' } })
    t.equal(response.status, 200, link)
    await response.body?.cancel()
  }
  t.ok(address)
  child.kill('SIGTERM')
  t.match(await ended, { exitCode: 0, stderr: '' })
})
