import { EventEmitter, once } from 'node:events'
import t, { type Test } from 'tap'
import { startUpstream } from '../helpers/upstreams.ts'
import { startCommand } from './command.ts'

/** A running gateway, and a request under way in it that is answered when the test says so. */
async function startWithSlowRequest (t: Test, gracePeriod: string) {
  const events = new EventEmitter()
  const upstream = await startUpstream(t, async (_request, response) => {
    response.write('first half, ')
    events.emit('request')
    await once(events, 'respond')
    response.end('second half')
  })
  const cwd = t.testdir({ 'gateway.config.json': JSON.stringify({ shutdown: { gracePeriod }, apps: [{ name: 'slow', upstreams: upstream }] }) })
  const gateway = await startCommand(t, [], { cwd })
  const requested = once(events, 'request')
  const response = fetch(`${gateway.address}/slow`).then(response => response.text())
  response.catch(() => {})
  await requested
  return { ...gateway, response, respond: () => events.emit('respond') }
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  t.test(`${signal} lets a request under way finish, takes no new one, and exits 0`, async t => {
    const { child, until, address, response, respond, ended } = await startWithSlowRequest(t, '10s')
    child.kill(signal)
    await until(new RegExp(`"msg":"${signal}: finishing what is under way`))
    await t.rejects(fetch(`${address}/slow`), 'nothing listens any more')
    respond()
    t.equal(await response, 'first half, second half')
    t.match(await ended, { exitCode: 0, stderr: '' })
  })
}

t.test('a request that does not finish is not waited for beyond the grace period', async t => {
  const { child, response, ended } = await startWithSlowRequest(t, '200ms')
  const signalled = Date.now()
  child.kill('SIGTERM')
  t.match(await ended, { exitCode: 0, stderr: '' })
  t.ok(Date.now() - signalled < 5000)
  await t.rejects(response, 'its response ends in the middle')
})

for (const [second, exitCode] of [['SIGTERM', 143], ['SIGINT', 130]] as const) {
  t.test(`a second signal, ${second}, exits at once with ${exitCode}`, async t => {
    const { child, until, response, ended } = await startWithSlowRequest(t, '60s')
    child.kill('SIGTERM')
    await until(/"msg":"SIGTERM: finishing/)
    child.kill(second)
    t.match(await ended, { exitCode, stderr: '' })
    await t.rejects(response)
  })
}

t.test('something that a configuration file left open does not delay the exit', async t => {
  const cwd = t.testdir({ 'gateway.config.mjs': 'setInterval(() => {}, 1000)\nexport default { apps: [{ name: "users", port: 1 }] }' })
  const { child, ended } = await startCommand(t, [], { cwd })
  child.kill('SIGTERM')
  t.match(await ended, { exitCode: 0, stderr: '' })
})

t.test('during shutdown.delay the command goes on, then exits 0, and a second signal exits at once', async t => {
  for (const isSignalledTwice of [false, true]) {
    const upstream = await startUpstream(t, (_request, response) => response.end('fine'))
    const options = { shutdown: { delay: isSignalledTwice ? '60s' : '500ms' }, apps: [{ name: 'app', upstreams: upstream }] }
    const { child, until, address, ended } = await startCommand(t, [], { cwd: t.testdir({ 'gateway.config.json': JSON.stringify(options) }) })
    child.kill('SIGTERM')
    await until(/"msg":"SIGTERM: finishing/)
    const response = await fetch(`${address}/app`)
    t.strictSame([await response.text(), response.headers.get('connection')], ['fine', 'close'])
    if (isSignalledTwice) child.kill('SIGTERM')
    t.match(await ended, { exitCode: isSignalledTwice ? 143 : 0, stderr: '' })
  }
})

t.test('an event stream ends between two events, and does not delay the exit', async t => {
  const upstream = await startUpstream(t, (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n')
  })
  const options = { shutdown: { gracePeriod: '20s' }, apps: [{ name: 'app', upstreams: upstream }] }
  const { child, address, ended } = await startCommand(t, [], { cwd: t.testdir({ 'gateway.config.json': JSON.stringify(options) }) })
  const response = await fetch(`${address}/app`)
  const text = response.text()
  const signalled = Date.now()
  child.kill('SIGTERM')
  t.equal(await text, 'data: 1\n\n', 'as a whole response')
  t.match(await ended, { exitCode: 0, stderr: '' })
  t.ok(Date.now() - signalled < 10_000)
})
