// What a deployment and a crash cost, with the default options: no GET, and no POST that arrives twice.
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { checkNothingLost, RATE, restartInTurn, startScene } from './restart-scene.ts'

t.test(`a rolling restart of three upstreams, over and over under ${RATE} requests a second for 20 s, costs no GET`, async t => {
  await restartInTurn(t, { count: 3, leave: upstream => upstream.stop(), down: 400, pause: 600, duration: 20_000 })
})

t.test(`one of two upstreams that is killed under ${RATE} requests a second costs no GET`, async t => {
  const { upstreams: [victim, other], load } = await startScene(t, 2)
  await delay(1000)
  const before = other!.arrivals
  victim!.kill()
  await delay(3000)
  load.stop()
  checkNothingLost(t, await load.result)
  t.ok(victim!.arrivals > 0 && other!.arrivals > before)
})
