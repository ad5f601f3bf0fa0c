import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { readJson } from './client.ts'

const python = '/usr/bin/python3'
const command = join(import.meta.dirname, '../../dist/bin/fastify-gateway.js')
const project = join(import.meta.dirname, '../../examples/python-project')

const hasFastApi = spawnSync(python, ['-c', 'import fastapi, uvicorn']).status === 0
const skip = hasFastApi ? false : `${python} has no fastapi and uvicorn: apt-get install python3-fastapi python3-uvicorn`

t.test('the gateway finds the apps of a Python project that has no configuration of it', { skip }, async t => {
  const dir = await copyProject(t)
  await startApps(t, dir)
  const url = await startGateway(t, dir)

  t.match(await readJson(fetch(`${url}/users/`)), { total: 2, items: [{ id: 1, name: 'Guido' }, { id: 2 }] })
  t.match(await readJson(fetch(`${url}/items/?limit=1`)), { total: 3, items: [{ name: 'Lamp' }] })
  t.match(await readJson(fetch(`${url}/users/search/?q=mari`)), [{ name: 'Mariatta' }])

  const created = await fetch(`${url}/users/`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"name":"Łukasz","email":"lukasz@example.org"}',
  })
  t.equal(created.status, 201)
  t.match(await readJson(fetch(`${url}/users/3`)), { name: 'Łukasz' })

  const moved = await fetch(`${url}/items/by-price`, { redirect: 'manual' })
  t.equal(moved.status, 307, 'FastAPI redirects to the path with a slash')
  t.match(moved.headers.get('location'), /\/by-price\/$/)

  const shared = await fetch(`${url}/shared/`)
  t.equal(shared.status, 404, 'a folder without urls.py has no route')
  t.match(await readJson(shared), { code: 'GW_ERR_NO_ROUTE' })
})

t.test('start.py stops its apps with itself, and takes the port map away', { skip }, async t => {
  const dir = await copyProject(t)
  const { apps, ports } = await startApps(t, dir)
  t.same(Object.keys(ports), ['apps.items', 'apps.users'], 'a folder without main.py is no app')
  apps.kill('SIGTERM')
  t.same(await once(apps, 'exit'), [0, null])
  for (const address of Object.values(ports)) await t.rejects(fetch(`http://${address}/`), address)
  await t.rejects(readFile(join(dir, 'service_ports.json')), { code: 'ENOENT' })
})

async function copyProject (t: Test): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'python-project-'))
  t.teardown(() => rm(dir, { recursive: true }))
  const isSource = (path: string) => !/__pycache__|service_ports/.test(path)
  await cp(project, dir, { recursive: true, filter: isSource })
  return dir
}

/** The port map that start.py prints is the sign that it is written. */
async function startApps (t: Test, dir: string): Promise<{ apps: ChildProcess, ports: Record<string, string> }> {
  const apps = run(t, python, ['start.py'], dir)
  let text = ''
  for await (const chunk of apps.stdout!) {
    text += chunk
    if (text.includes('}')) break
  }
  const written = await readFile(join(dir, 'service_ports.json'), 'utf8')
  t.equal(text, written)
  return { apps, ports: JSON.parse(written) }
}

async function startGateway (t: Test, dir: string): Promise<string> {
  const port = await findFreePort()
  const url = `http://127.0.0.1:${port}`
  const child = run(t, process.execPath, [command, 'start', '--port', `${port}`], dir)
  child.stdout!.resume()
  const deadline = Date.now() + 20_000
  while (!await isListening(url)) {
    if (child.exitCode !== null || Date.now() > deadline) throw new Error(`${command} does not start; is dist/ built?`)
    await sleep(100)
  }
  return url
}

function run (t: Test, program: string, args: string[], cwd: string): ChildProcess {
  const child = spawn(program, args, { cwd, stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = once(child, 'exit')
  t.teardown(async () => {
    child.kill('SIGTERM')
    await exited
  })
  return child
}

async function isListening (url: string): Promise<boolean> {
  try {
    await fetch(url, { method: 'HEAD' })
    return true
  } catch {
    return false
  }
}

async function findFreePort (): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}
