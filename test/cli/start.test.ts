import net from 'node:net'
import { once } from 'node:events'
import t, { type Test } from 'tap'
import { portOf } from '../helpers/servers.ts'
import { startUpstream } from '../helpers/upstreams.ts'
import { runCommand, startCommand } from './command.ts'

/** A project with one app, which responds with the path of the request. */
async function makeProject (t: Test, options: object = {}): Promise<{ cwd: string, upstream: string }> {
  const upstream = await startUpstream(t, (request, response) => response.end(request.url))
  return { cwd: t.testdir({ 'gateway.config.json': JSON.stringify({ apps: [{ name: 'users', upstreams: upstream }], ...options }) }), upstream }
}

/** Of what was printed, the lines for people; the others have to be JSON. */
function plainLines (stdout: string): string {
  return stdout.split('\n').filter(line => !line.startsWith('{')).join('\n')
}

t.test('start prints the routes and the real address, and forwards', async t => {
  const { cwd, upstream } = await makeProject(t)
  const { address, stdout } = await startCommand(t, [], { cwd })
  t.match(address, /^http:\/\/127\.0\.0\.1:\d+$/)
  t.equal(plainLines(stdout()), `\
PREFIX  APP    UPSTREAMS
/users  users  ${upstream}

Gateway listening on ${address}
`)
  t.equal(await (await fetch(`${address}/users/ada?x=1`)).text(), '/ada?x=1')
  t.equal((await fetch(`${address}/`)).status, 404)
})

t.test('every line of the log is a JSON object, and a request has one', async t => {
  const { cwd, upstream } = await makeProject(t)
  const { address, until } = await startCommand(t, [], { cwd })
  await fetch(`${address}/users/ada`)
  const stdout = await until(/"msg":"request forwarded"/)
  const logged = stdout.split('\n').filter(line => line.startsWith('{')).map(line => JSON.parse(line))
  t.match(logged.map(({ msg }) => msg), [`Server listening at ${address}`, 'request forwarded'])
  t.match(logged[1], { level: 30, app: 'users', upstream, statusCode: 200 })
  t.notMatch(stdout, '\u001b[', 'no colours where no person looks')
})

t.test('flags win over the configuration file', async t => {
  const { cwd } = await makeProject(t, { addSlashes: false, upstreams: { users: '127.0.0.1:1' } })
  const other = await startUpstream(t, (request, response) => response.end(`other ${request.url}`))
  const { address } = await startCommand(t, ['--add-slashes', '--upstream', `users=${other}`], { cwd })
  t.equal(await (await fetch(`${address}/users/ada`)).text(), 'other /ada/')
})

t.test('a flag that is not given leaves the option to the file', async t => {
  const { cwd } = await makeProject(t, { addSlashes: true })
  const { address } = await startCommand(t, [], { cwd })
  t.equal(await (await fetch(`${address}/users/ada`)).text(), '/ada/')
})

t.test('all interfaces are shown as an address that can be opened', async t => {
  const { cwd } = await makeProject(t)
  const { address, stdout } = await startCommand(t, ['--host', '0.0.0.0'], { cwd })
  t.match(stdout(), /^Gateway listening on http:\/\/127\.0\.0\.1:\d+, and on every other address of this machine$/m)
  t.equal((await fetch(`${address}/users/ada`)).status, 200)
})

t.test('a port in use is one line that says what to do', async t => {
  const server = net.createServer().listen(0, '127.0.0.1')
  t.teardown(() => server.close())
  await once(server, 'listening')
  const { cwd } = await makeProject(t)
  const port = String(portOf(server))
  t.same(await runCommand(t, ['start', '--port', port], { cwd }), {
    exitCode: 1,
    stdout: '',
    stderr: `error: port ${port} is in use: stop what listens there, or choose another with --port (0 is any free one)\n`,
  })
  const { stderr } = await runCommand(t, ['start', '--port', port, '--debug'], { cwd })
  t.match(stderr, /^error: Error: listen EADDRINUSE.*\n {4}at /, 'the stack with --debug')
})

t.test('an address of another machine is one line', async t => {
  const { cwd } = await makeProject(t)
  t.same(await runCommand(t, ['start', '--host', '192.0.2.1'], { cwd }), {
    exitCode: 1,
    stdout: '',
    stderr: 'error: 192.0.2.1 is no address of this machine: choose another with --host\n',
  })
})

t.test('a wrong configuration does not start', async t => {
  const { cwd } = await makeProject(t, { gracePeriod: '5s' })
  const { exitCode, stdout, stderr } = await runCommand(t, ['start'], { cwd })
  t.equal(exitCode, 1)
  t.equal(stdout, '')
  t.match(stderr, /^error: Invalid gateway configuration: gracePeriod: unknown option/)
})

t.test('the demo starts, says what to open, and stops', async t => {
  const { address, stdout, child, ended } = await startCommand(t, ['--demo'])
  const text = plainLines(stdout())
  for (const prefix of ['/users', '/stream', '/chat', '/legacy', '/']) t.match(text, new RegExp(`^${prefix} .* http://127\\.0\\.0\\.1:\\d+$`, 'm'))
  const links = [...text.slice(text.indexOf('Open in a browser:')).matchAll(/^ {2}(http:\S+)/gm)].map(([, url]) => url!)
  t.ok(links.length >= 5)
  for (const link of links) {
    t.ok(link.startsWith(address))
    const response = await fetch(link)
    t.equal(response.status, 200, link)
    await response.body?.cancel()
  }
  for (const line of text.split('\n')) t.ok(line.length <= 80, line)
  child.kill('SIGTERM')
  t.equal((await ended).exitCode, 0)
})
