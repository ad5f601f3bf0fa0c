// Restarts in which an upstream goes while another one, which went before it, is still ejected, though it is back.
import t from 'tap'
import { RATE, restartInTurn } from './restart-scene.ts'
import type { RestartableUpstream } from './restartable-upstream.ts'

const stop = (upstream: RestartableUpstream) => upstream.stop()
const kill = (upstream: RestartableUpstream) => upstream.kill()

const restarts = [
  { name: 'a rolling restart of two upstreams', count: 2, leave: stop, down: 400, pause: 600, duration: 4000 },
  { name: 'a crash of one of two upstreams, and when it is back, of the other', count: 2, leave: kill, down: 400, pause: 600, duration: 4000 },
  { name: 'a rolling restart of three upstreams that take 3 s to start', count: 3, leave: stop, down: 3000, pause: 1000, duration: 12_000 },
]

for (const { name, ...restart } of restarts) {
  t.test(`${name}, under ${RATE} requests a second, costs no GET`, t => restartInTurn(t, restart))
}
