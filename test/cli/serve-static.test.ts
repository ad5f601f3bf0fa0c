import { once } from 'node:events'
import http from 'node:http'
import { createServer } from 'node:net'
import { text } from 'node:stream/consumers'
import t, { type Test } from 'tap'
import { portOf } from '../helpers/servers.ts'
import { startUpstream } from '../helpers/upstreams.ts'
import { runCommand, startCommand } from './command.ts'

const browser = { accept: 'text/html', 'sec-fetch-mode': 'navigate' }

/** The command in a folder with `files`, on a free port. */
async function serve (t: Test, args: readonly string[], files: NonNullable<Parameters<Test['testdir']>[0]>) {
  return await startCommand(t, args, { cwd: t.testdir(files), command: 'serve-static' })
}

/** A browser that goes to an address; `fetch` would say that it is a script. */
async function navigate (url: string): Promise<{ status: number | undefined, body: string }> {
  const [response] = await once(http.get(url, { headers: browser }), 'response') as [http.IncomingMessage]
  return { status: response.statusCode, body: await text(response) }
}

const page = { 'index.html': '<title>site</title>', 'app.js': 'script' }

t.test('the site is served, and its API below the prefix', async t => {
  const api = await startUpstream(t, (request, response) => response.writeHead(request.url === '/none' ? 404 : 200).end(`api ${request.method} ${request.url}`))
  const { address } = await serve(t, ['--api-target', api], { static: page })
  t.equal(await (await fetch(`${address}/`)).text(), '<title>site</title>')
  t.equal(await (await fetch(`${address}/app.js`)).text(), 'script')
  t.equal(await (await fetch(`${address}/api/users?page=2`, { method: 'POST', body: 'x' })).text(), 'api POST /users?page=2')
  t.same(await navigate(`${address}/users/42`), { status: 200, body: '<title>site</title>' })
  t.same(await navigate(`${address}/api/none`), { status: 404, body: 'api GET /none' })
  t.equal((await navigate(`${address}/none.js`)).status, 404)
})

t.test('root, prefix and target can be chosen; a path in the target is kept', async t => {
  const api = await startUpstream(t, (request, response) => response.end(`api ${request.url}`))
  const { address } = await serve(t, ['--root', 'dist', '--api-prefix', '/v1/backend', '--api-target', `${api}/api`], { dist: page })
  t.equal(await (await fetch(`${address}/app.js`)).text(), 'script')
  t.equal(await (await fetch(`${address}/v1/backend/users`)).text(), 'api /api/users')
})

t.test('the table shows both, and SIGTERM ends it with 0', async t => {
  const { child, stdout, ended } = await serve(t, [], { static: page })
  t.match(stdout(), /^\/api +\(extra proxy\) +http:\/\/127\.0\.0\.1:8000$/m)
  t.match(stdout(), /^\/ +\(files\) +\/.*static$/m)
  child.kill('SIGTERM')
  t.equal((await ended).exitCode, 0)
})

t.test('an API that does not run is 502, and the site goes on', async t => {
  const closed = createServer().listen(0, '127.0.0.1')
  await once(closed, 'listening')
  const port = portOf(closed)
  closed.close()
  const { address } = await serve(t, ['--api-target', `http://127.0.0.1:${port}`], { static: page })
  t.equal((await navigate(`${address}/api/users`)).status, 502)
  t.equal((await fetch(`${address}/`)).status, 200)
})

t.test('the configuration file of a project has no part in it', async t => {
  const { address } = await serve(t, [], { static: page, 'gateway.config.json': '{ "nonsense": true }', apps: { users: { 'urls.js': '' } } })
  t.equal((await fetch(address)).status, 200)
})

const mistakes: Record<string, [args: string[], message: RegExp]> = {
  'a root that is not there': [[], /^error: Invalid gateway configuration: static\.root: there is no folder \/.*\/static; create it, or name the one with the built files\n$/],
  'a root without a page': [['--root', 'empty'], /^error: .*there is no \/.*index\.html, which "spa" needs/],
  'a target that is no address': [['--root', 'built', '--api-target', 'ftp://h'], /^error: .*extraProxy\[0\]\.url/],
  'an API that leaves nothing to the site': [['--root', 'built', '--api-prefix', '/'], /^error: .*static\.prefix: "\/" is the prefix of "\/" too/],
  'a port that is none': [['--port', 'x'], /^error: option '--port <number>' argument 'x' is invalid/],
}
for (const [name, [args, message]] of Object.entries(mistakes)) {
  t.test(`${name} is an error and exit code 1`, async t => {
    const { exitCode, stdout, stderr } = await runCommand(t, ['serve-static', ...args], { cwd: t.testdir({ built: page, empty: {} }) })
    t.equal(exitCode, 1)
    t.equal(stdout, '')
    t.match(stderr, message)
  })
}

t.test('the help says everything in lines of 80 columns', async t => {
  const { exitCode, stdout } = await runCommand(t, ['serve-static', '--help'])
  t.equal(exitCode, 0)
  for (const word of ['--host', '--port', '--root', '--api-prefix', '--api-target', '--debug']) t.match(stdout, new RegExp(`^  ${word}\\b`, 'm'))
  for (const value of ['127.0.0.1', '8080', './static', '/api', 'http://127.0.0.1:8000']) t.match(stdout, new RegExp(`\\(default:\\s+${value}\\)`), value)
  for (const line of stdout.split('\n')) t.ok(line.length <= 80, line)
})
