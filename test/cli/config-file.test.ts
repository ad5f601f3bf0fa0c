import { join } from 'node:path'
import t from 'tap'
import { runCommand } from './command.ts'

const options = '{ apps: [{ name: "users", port: 8001 }] }'

const right = {
  'gateway.config.json': '{ "apps": [{ "name": "users", "port": 8001 }] }',
  'gateway.config.js': `module.exports = ${options}`,
  'gateway.config.mjs': `export default ${options}`,
  'gateway.config.ts': 'const port: number = 8001\nexport default async () => ({ apps: [{ name: \'users\', port }] })',
}

for (const [name, text] of Object.entries(right)) {
  t.test(`${name} in the working directory is found`, async t => {
    const cwd = t.testdir({ [name]: text, 'package.json': '{}' })
    t.same(await runCommand(t, ['check'], { cwd }), { exitCode: 0, stdout: 'OK: 1 location\n', stderr: '' })
  })

  t.test(`--config takes a file such as ${name} anywhere`, async t => {
    const cwd = t.testdir({ deploy: { [name]: text, 'package.json': '{}' } })
    t.same(await runCommand(t, ['check', '--config', join('deploy', name)], { cwd }), { exitCode: 0, stdout: 'OK: 1 location\n', stderr: '' })
  })
}

const broken = {
  'gateway.config.json': ['{\n  "apps": [,]\n}', /gateway\.config\.json: line 2, column 12: expected a value/],
  'gateway.config.js': ['module.exports = {\n  apps: [}\n}', /gateway\.config\.js: line 2: Unexpected token/],
  'gateway.config.mjs': ['export default {\n  apps: [}\n}', /gateway\.config\.mjs: (line 2: )?Unexpected token/],
  'gateway.config.ts': ['export default {\n  apps: [}\n}', /gateway\.config\.ts: line 2: /],
} as const

for (const [name, [text, message]] of Object.entries(broken)) {
  for (const command of ['start', 'routes', 'check']) {
    t.test(`${command} says in one line where ${name} is broken`, async t => {
      const cwd = t.testdir({ [name]: text, 'package.json': '{}' })
      const { exitCode, stdout, stderr } = await runCommand(t, [command], { cwd })
      t.equal(exitCode, 1)
      t.equal(stdout, '')
      t.match(stderr, message)
      t.equal(stderr.trimEnd().split('\n').length, 1, stderr)
    })
  }
}

t.test('a file that is not there is named', async t => {
  const { exitCode, stderr } = await runCommand(t, ['start', '--config', 'nowhere.json'])
  t.equal(exitCode, 1)
  t.match(stderr, /^error: Invalid gateway configuration: \/\S+\/nowhere\.json: there is no such file\n$/)
})

t.test('paths in a file are relative to it', async t => {
  const cwd = t.testdir({
    deploy: { 'gateway.config.json': '{ "appsDir": "../services", "installedApps": ["*"], "portMapFile": "ports.json" }', 'ports.json': '{ "users": "10.0.0.5:8001" }' },
    services: { users: { 'urls.py': '' } },
  })
  const { stdout } = await runCommand(t, ['routes', '--config', 'deploy/gateway.config.json'], { cwd })
  t.match(stdout, /^\/users {2}users {2}http:\/\/10\.0\.0\.5:8001$/m)
})
