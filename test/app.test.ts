import { spawn, execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import { startUpstream } from './helpers/upstreams.ts'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const require = createRequire(import.meta.url)

/** `fastify start` on the built entry, in `cwd`. Resolves to the address that it listens on. */
async function fastifyStart (t: Test, cwd: string): Promise<string> {
  const cli = require.resolve('fastify-cli/cli.js')
  const child = spawn(process.execPath, [cli, 'start', '--options', '--log-level', 'info', '--port', '0', '--address', '127.0.0.1', join(root, 'dist/app.js')], { cwd })
  t.teardown(() => child.kill('SIGKILL'))
  let output = ''
  child.stdout.on('data', chunk => { output += chunk })
  child.stderr.on('data', chunk => { output += chunk })
  while (!output.includes('listening at')) await Promise.race([once(child.stdout, 'data'), failed(child, () => output)])
  return /listening at (http:\S+?)"/.exec(output)![1]!
}

async function failed (child: ReturnType<typeof spawn>, output: () => string): Promise<never> {
  await once(child, 'exit')
  throw new Error(`fastify start ended: ${output()}`)
}

t.test('fastify-cli runs the app entry with its configuration file', async t => {
  const upstream = await startUpstream(t, (request, response) => response.end(request.url))
  const cwd = t.testdir({ 'gateway.config.json': JSON.stringify({ apps: [{ name: 'users', upstreams: upstream }], server: { keepAliveTimeout: '3s' } }) })
  const origin = await fastifyStart(t, cwd)
  const received = await fetch(`${origin}/users/1?x`)
  t.equal(await received.text(), '/1?x')
  t.equal(received.headers.get('keep-alive'), 'timeout=3')
  const unknown = await fetch(`${origin}/none`)
  t.strictSame(await unknown.json(), { statusCode: 404, code: 'GW_ERR_NO_ROUTE', error: 'Not Found', message: 'No app is mounted at this path' })
  const broken = await fetch(`${origin}/users/%zz`)
  t.match(await broken.json(), { statusCode: 400, code: 'GW_ERR_BAD_PATH' })
})

t.test('an app that knows paths in latin1 gets them, on a server of the gateway\'s own', async t => {
  const upstream = await startUpstream(t, (request, response) => response.end(request.url))
  const cwd = t.testdir({ 'gateway.config.json': JSON.stringify({ apps: [{ name: 'users', upstreams: upstream }] }) })
  const origin = await fastifyStart(t, cwd)
  t.equal(await (await fetch(`${origin}/users/caf%E9?q=%E9`)).text(), '/caf%E9?q=%E9')
})

t.test('the package can be imported and required by its name', async t => {
  const inspect = 'm => console.log(typeof m.default, typeof m.GatewaySchema)'
  const run = (...args: string[]) => execFileSync(process.execPath, args, { cwd: root, encoding: 'utf8' }).trim()
  t.equal(run('--input-type=module', '-e', `(${inspect})(await import('fastify-gateway'))`), 'function object')
  t.equal(run('--no-warnings', '--input-type=commonjs', '-e', `(${inspect})(require('fastify-gateway'))`), 'function object')
})

t.test('what package.json promises is in the build', async t => {
  const { bin, exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  for (const file of [bin['fastify-gateway'], exports['.'].default, exports['.'].types, exports['./app'].default, exports['./schema/gateway.schema.json']]) {
    t.doesNotThrow(() => readFileSync(join(root, file)), file)
  }
})
