import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { startUpstream } from '../helpers/upstreams.ts'
import { startCommand } from './command.ts'
import { listeners, workersIn } from './worker-pids.ts'

t.test('an upstream is probed once for all workers, and one that joins knows at once what is down', async t => {
  const probes: number[] = []
  let isWell = true
  const [monitored, other] = [
    await startUpstream(t, (request, response) => {
      if (request.url === '/health') probes.push(performance.now())
      response.writeHead(request.url === '/health' && !isWell ? 503 : 200).end('monitored')
    }),
    await startUpstream(t, (_request, response) => response.end('other')),
  ]
  const healthCheck = { path: '/health', interval: 200, unhealthyInterval: 200, rise: 1, fall: 1 }
  const options = { apps: [{ name: 'app', upstreams: [monitored, other], healthCheck }], outlierDetection: { panicThreshold: 0 } }
  const { address, until, stdout, child, ended } = await startCommand(t, ['--workers', '3'], { cwd: t.testdir({ 'gateway.config.json': JSON.stringify(options) }) })
  await until(listeners(3))
  /**
   * The names of the upstreams that respond to so many requests, each on a connection of its own, so that the workers
   * have them in turn.
   */
  async function collectNames (count: number): Promise<string[]> {
    const names: string[] = []
    for (let i = 0; i < count; i++) names.push(await (await fetch(`${address}/app/`, { headers: { connection: 'close' } })).text())
    return names
  }

  const before = probes.length
  await delay(1000)
  const count = probes.length - before
  t.ok(count >= 2 && count <= 6, `as often as with one process: ${count} in a second, every 180 to 220 ms`)
  t.ok((await collectNames(12)).includes('monitored'))

  isWell = false
  await until(/"level":40.*"msg":"upstream is down: its health check fails"/)
  await delay(100)
  t.strictSame(new Set(await collectNames(12)), new Set(['other']), 'every worker is notified')
  const [first] = workersIn(stdout())
  process.kill(first!, 'SIGKILL')
  await until(listeners(4))
  t.strictSame(new Set(await collectNames(12)), new Set(['other']), 'the new one, too')
  child.kill('SIGHUP')
  await until(listeners(7))
  t.strictSame(new Set(await collectNames(12)), new Set(['other']), 'and those after a replacement')

  isWell = true
  await until(/"level":30.*"msg":"upstream is up again"/)
  await delay(100)
  t.ok((await collectNames(12)).includes('monitored'))
  t.equal(stdout().match(/"msg":"upstream is/g)!.length, 2, 'the log says it once')
  child.kill('SIGTERM')
  t.match(await ended, { exitCode: 0, stderr: '' })
})
