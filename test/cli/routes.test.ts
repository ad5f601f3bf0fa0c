import t, { type Test } from 'tap'
import { runCommand } from './command.ts'

/** A Python project, as it is: `routes` finds its apps without any configuration. */
function makeProject (t: Test): string {
  return t.testdir({
    'service_ports.json': JSON.stringify({ 'apps.users': '127.0.0.1:8001', 'apps.items': '127.0.0.1:8002' }),
    apps: {
      users: { 'urls.py': '', '__init__.py': '' },
      items: { 'urls.py': '', '__init__.py': '' },
      shared: { '__init__.py': '' },
    },
  })
}

t.test('routes prints the table, and below it what has no route', async t => {
  const { exitCode, stdout, stderr } = await runCommand(t, ['routes'], { cwd: makeProject(t) })
  t.equal(stderr, '')
  t.equal(exitCode, 0)
  t.equal(stdout, `\
PREFIX  APP    UPSTREAMS
/items  items  http://127.0.0.1:8002
/users  users  http://127.0.0.1:8001

Found, without a route:
  shared  has no urls file, no routes and no "export": true
`)
})

t.test('flags win over what the project says, and show in the table', async t => {
  const { stdout } = await runCommand(t, ['routes', '--upstream', 'users=10.0.0.5:8001*3,10.0.0.6:8001', '--upstream', 'users=10.0.0.7:8001*0'], { cwd: makeProject(t) })
  t.match(stdout, `\
/users  users  http://10.0.0.5:8001   75 %
               http://10.0.0.6:8001   25 %
               http://10.0.0.7:8001   drained
`)
})

t.test('routes shows Unix sockets and HTTP/2', async t => {
  const { stdout } = await runCommand(t, ['routes', '--upstream', 'users=unix:/run/users.sock', '--upstream', 'items=h2c://10.0.0.5:50051'], { cwd: makeProject(t) })
  t.match(stdout, `\
/items  items  h2c://10.0.0.5:50051
/users  users  unix:/run/users.sock
`)
})

t.test('a line is never longer than the terminal is wide', async t => {
  const cwd = makeProject(t)
  const { stdout } = await runCommand(t, ['routes', '--upstream', `users=http://${'long.'.repeat(10)}example.com:8001`], { cwd, env: { COLUMNS: '60' } })
  t.match(stdout, /^\/users {2}users {2}http:\/\/\S+…\S+:8001$/m)
  for (const line of stdout.split('\n')) t.ok(line.length <= 60, line)
})

t.test('routes --json is JSON and nothing else', async t => {
  const { exitCode, stdout, stderr } = await runCommand(t, ['routes', '--json', '--add-slashes'], { cwd: makeProject(t) })
  t.equal(stderr, '')
  t.equal(exitCode, 0)
  const routes = JSON.parse(stdout)
  t.same(routes.map(({ prefix }: { prefix: string }) => prefix), ['/items', '/users'])
  t.same(routes[1], {
    prefix: '/users',
    app: 'users',
    kind: 'app',
    upstreams: [{ url: 'http://127.0.0.1:8001', weight: 1 }],
    rewrite: null,
    addSlashes: true,
    example: { request: '/users/example?page=1', upstream: 'http://127.0.0.1:8001/example/?page=1' },
  })
})

t.test('--default-upstream is the host of the apps that only say their port', async t => {
  const cwd = t.testdir({ 'gateway.config.json': '{ "apps": [{ "name": "users", "port": 8001 }] }' })
  const { stdout } = await runCommand(t, ['routes', '--default-upstream', 'backend.internal'], { cwd })
  t.match(stdout, 'http://backend.internal:8001')
})

t.test('routes of a wrong configuration are an error that lists everything', async t => {
  const cwd = t.testdir({ 'gateway.config.json': '{ "instaledApps": ["*"], "addSlashes": 1 }' })
  const { exitCode, stdout, stderr } = await runCommand(t, ['routes', '--json'], { cwd })
  t.equal(exitCode, 1)
  t.equal(stdout, '')
  t.match(
    stderr,
    /^error: Invalid gateway configuration, 2 problems:\n {2}- .*did you mean "installedApps"\?\n {2}- addSlashes: .*\n$/
  )
})
