import t from 'tap'
import { runCommand } from './command.ts'

t.test('a right configuration is OK, with the number of its locations', async t => {
  const cwd = t.testdir({ 'gateway.config.json': '{ "apps": [{ "name": "users", "upstreams": "127.0.0.1:8001" }, { "name": "shop", "port": 8002 }] }' })
  t.same(await runCommand(t, ['check'], { cwd }), { exitCode: 0, stdout: 'OK: 2 locations\n', stderr: '' })
})

t.test('one location is one', async t => {
  const cwd = t.testdir({ 'gateway.config.json': '{ "apps": [{ "name": "users", "port": 8001 }] }' })
  t.same(await runCommand(t, ['check'], { cwd }), { exitCode: 0, stdout: 'OK: 1 location\n', stderr: '' })
})

t.test('every problem gets one line with its path, and the exit code is 1', async t => {
  const cwd = t.testdir({
    'gateway.config.json': JSON.stringify({
      adSlashes: true,
      timeouts: { headers: 'soon' },
      apps: [{ name: 'users', upstreams: 'ftp://127.0.0.1' }, { name: 'shop' }],
    }),
  })
  const { exitCode, stdout, stderr } = await runCommand(t, ['check'], { cwd })
  t.equal(exitCode, 1)
  t.equal(stdout, '')
  const lines = stderr.trimEnd().split('\n')
  t.equal(lines.length, 4)
  t.match(lines.find(line => line.startsWith('adSlashes: ')), /did you mean "addSlashes"\?$/)
  t.match(lines.find(line => line.startsWith('timeouts.headers: ')), /must be/)
  t.match(lines.find(line => line.startsWith('apps[0].upstreams: ')), /"ftp:\/\/127\.0\.0\.1" is not an address/)
  t.match(lines.find(line => line.startsWith('apps[1]')), /has no address/)
})

t.test('what a flag says is checked, too', async t => {
  const cwd = t.testdir({ 'gateway.config.json': '{ "apps": [{ "name": "users", "port": 8001 }] }' })
  const { exitCode, stderr } = await runCommand(t, ['check', '--upstream', 'user=127.0.0.1:8001'], { cwd })
  t.equal(exitCode, 1)
  t.match(stderr, /^upstreams\S+: .*"\/users?"/)
})
