import { spawnSync } from 'node:child_process'
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import t, { type Test } from 'tap'

const root = join(import.meta.dirname, '../..')

t.test('where the packages of the demo are not installed, its error says how to install them', async t => {
  const dir = await installWithoutDevelopment(t)
  const program = 'import("./dist/examples/demo.js").then(demo => demo.startDemo()).catch(error => console.log(error.message))'
  const { stdout, status } = spawnSync(process.execPath, ['-e', program], { cwd: dir, encoding: 'utf8', timeout: 20_000 })
  t.equal(stdout, 'The example needs more packages: npm install @fastify/swagger @fastify/swagger-ui ws\n')
  t.equal(status, 0, 'it ends by itself: no app was left running')
})

t.test('where the packages of gRPC are not installed, the error of the greeter says so, too', async t => {
  const dir = await installWithoutDevelopment(t)
  const { stderr, status } = spawnSync(process.execPath, ['dist/examples/apps/greeter/index.js'], { cwd: dir, encoding: 'utf8', timeout: 20_000 })
  t.equal(stderr, 'The example needs more packages: npm install @grpc/grpc-js @grpc/proto-loader\n')
  t.equal(status, 1)
})

/** The examples as a package that depends on the gateway sees them: built, with the gateway's dependencies only. */
async function installWithoutDevelopment (t: Test): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'demo-packages-'))
  t.teardown(() => rm(dir, { recursive: true }))
  await cp(join(root, 'dist/examples'), join(dir, 'dist/examples'), { recursive: true })
  await writeFile(join(dir, 'package.json'), '{ "type": "module" }')
  for (const name of ['fastify', '@sinclair/typebox']) {
    const linkPath = join(dir, 'node_modules', name)
    await mkdir(dirname(linkPath), { recursive: true })
    await symlink(join(root, 'node_modules', name), linkPath)
  }
  return dir
}
