// An upstream that breaks off at every byte of an exchange, and counts what it received: a POST of which a byte has
// left is never sent twice, and a GET goes to the other upstream for as long as the head of a response has not come.
import http from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { type Cut, CuttingUpstreams } from './cutting-upstream.ts'
import { openGateway } from './gateway.ts'
import { exchange, type Way } from './load.ts'
import { classifyOutcome, type RequestOutcome } from './request-outcome.ts'
import { RequestTracker } from './request-tracker.ts'
import { describeTask, formatResponse, type Framing, responseHead, type Task, uploadBody } from './task.ts'

type Send = (request: http.ClientRequest, task: Task) => void

interface Scene {
  tracker: RequestTracker
  upstreams: CuttingUpstreams
  way: Way
}

async function startScene (t: Test, keepsAlive: boolean): Promise<Scene> {
  const tracker = new RequestTracker()
  const upstreams = new CuttingUpstreams(tracker)
  upstreams.keepsAlive = keepsAlive
  await upstreams.listen(t, 2)
  const { port } = await openGateway(t, upstreams.origins)
  const agent = new http.Agent({ keepAlive: true })
  t.teardown(() => agent.destroy())
  return { tracker, upstreams, way: { port, agent, timeout: 5000 } }
}

function createTask ({ tracker }: Scene, method: Task['method'], framing: Framing = 'length', uploadSize = 24): Task {
  return { id: tracker.issueId(), method, size: 20, framing, uploadSize: method === 'GET' ? 0 : uploadSize, uploadFraming: 'length' }
}

/**
 * Good requests, so many that a further try is within the budget, that no upstream has failed twice in a row, and that
 * each has a connection.
 */
async function calm (scene: Scene, method: Task['method']): Promise<void> {
  const tasks = Array.from({ length: method === 'GET' ? 5 : 2 }, () => createTask(scene, 'GET'))
  const outcomes = await Promise.all(tasks.map(async task => classifyOutcome(task, await exchange(task, scene.way))))
  const failed = outcomes.filter(({ kind }) => kind !== 'answered')
  if (failed.length > 0) scene.tracker.reportViolation(`with nothing wrong: ${JSON.stringify(failed)}`)
}

/** The bytes of a request as the upstreams get them. */
async function measureRequest (scene: Scene, method: Task['method'], uploadSize?: number): Promise<number> {
  await exchange(createTask(scene, method, 'length', uploadSize), scene.way)
  return scene.upstreams.received
}

interface Ending {
  task: Task
  cut: Cut
  outcome: RequestOutcome
  arrivals: number
}

async function breakOff (scene: Scene, task: Task, cut: Cut, send?: Send): Promise<Ending> {
  const { tracker, upstreams, way } = scene
  upstreams.cut = cut
  const seen = await exchange(task, way, send)
  upstreams.cut = null
  return { task, cut, outcome: classifyOutcome(task, seen), arrivals: tracker.arrivalsOf(task.id) }
}

/** What must have become of it, and what did when that is something else. */
function checkEnding ({ tracker }: Scene, ending: Ending): void {
  const { task, cut, outcome, arrivals } = ending
  const expected = expectedOf(ending)
  if (expected.kinds.includes(outcome.kind) && expected.arrivals.includes(arrivals)) return
  tracker.reportViolation(`${describeTask(task)}, ${cut.by} after ${cut.bytes} bytes of the ${cut.within}: ${JSON.stringify(outcome)} and ${arrivals} arrivals`)
}

function expectedOf ({ task, cut: { within, bytes } }: Ending): { kinds: RequestOutcome['kind'][], arrivals: number[] } {
  const isWhole = within === 'response' && bytes === formatResponse(task).length
  if (isWhole) return { kinds: ['answered'], arrivals: [1] }
  const hasHead = within === 'response' && bytes >= responseHead(task).length
  if (hasHead) return { kinds: ['broken', 'failed'], arrivals: [1] }
  // Nothing of it was read. Whether something had left by then is for the gateway to know.
  const isUnread = within === 'request' && bytes === 0
  if (task.method === 'GET') return { kinds: ['answered'], arrivals: isUnread ? [1, 2] : [2] }
  return isUnread ? { kinds: ['answered', 'failed'], arrivals: [0, 1] } : { kinds: ['failed'], arrivals: [1] }
}

const connections = [
  { name: 'a new connection', keepsAlive: false },
  { name: 'a reused connection', keepsAlive: true },
]

for (const { name, keepsAlive } of connections) {
  for (const method of ['GET', 'POST'] as const) {
    t.test(`a ${method} on ${name} that is broken off at any byte of the request`, async t => {
      const scene = await startScene(t, keepsAlive)
      const length = await measureRequest(scene, method)
      for (let bytes = 0; bytes <= length; bytes++) {
        await calm(scene, method)
        checkEnding(scene, await breakOff(scene, createTask(scene, method), { within: 'request', bytes, by: bytes % 2 === 0 ? 'reset' : 'end' }))
      }
      t.comment(`${length} bytes`)
      t.strictSame(scene.tracker.violations, [])
    })

    for (const framing of ['length', 'chunked'] as const) {
      t.test(`a ${method} on ${name} that is broken off at any byte of ${framing === 'length' ? 'the response' : 'a chunked body'}`, async t => {
        const scene = await startScene(t, keepsAlive)
        const { length } = formatResponse(createTask(scene, method, framing))
        // Up to the end of the head one framing is like the other.
        const from = framing === 'length' ? 0 : responseHead(createTask(scene, method, framing)).length
        for (let bytes = from; bytes <= length; bytes++) {
          for (const by of ['reset', 'end'] as const) {
            await calm(scene, method)
            checkEnding(scene, await breakOff(scene, createTask(scene, method, framing), { within: 'response', bytes, by }))
          }
        }
        t.comment(`${length} bytes`)
        t.strictSame(scene.tracker.violations, [])
      })
    }
  }

  t.test(`a POST on ${name} that is broken off at any byte while it is being written`, async t => {
    const scene = await startScene(t, keepsAlive)
    const length = await measureRequest(scene, 'POST')
    for (let bytes = length - 26; bytes <= length; bytes++) {
      await calm(scene, 'POST')
      checkEnding(scene, await breakOff(scene, createTask(scene, 'POST'), { within: 'request', bytes, by: 'reset' }, sendByteByByte(scene)))
    }
    t.strictSame(scene.tracker.violations, [])
  })

  t.test(`a long POST on ${name} that is broken off in its middle`, async t => {
    const scene = await startScene(t, keepsAlive)
    const size = 190_000
    const length = await measureRequest(scene, 'POST', size)
    for (let step = 0; step <= 40; step++) {
      await calm(scene, 'POST')
      const bytes = Math.round(length - size * (1 - step / 40))
      checkEnding(scene, await breakOff(scene, createTask(scene, 'POST', 'length', size), { within: 'request', bytes, by: 'reset' }))
    }
    t.strictSame(scene.tracker.violations, [])
  })
}

/**
 * The next byte when the upstream has the last one; or a little later, in case that the gateway waits for all of them.
 */
function sendByteByByte ({ upstreams }: Scene): Send {
  return async function send (request, task) {
    for (const byte of uploadBody(task)) {
      if (request.destroyed) return
      const received = new Promise<void>(resolve => { upstreams.onReceived = resolve })
      request.write(Buffer.of(byte))
      await Promise.race([received, delay(3)])
    }
    request.end()
  }
}

for (const method of ['GET', 'POST'] as const) {
  t.test(`a ${method} on a connection that is closed in the moment in which it is sent`, async t => {
    const scene = await startScene(t, true)
    for (let i = 0; i < 200; i++) {
      await calm(scene, method)
      const task = createTask(scene, method)
      const seen = exchange(task, scene.way)
      // Between now and the arrival of the request at the gateway there are a few turns of the event loop.
      for (let turn = 0; turn < i % 8; turn++) await new Promise(setImmediate)
      scene.upstreams.cutIdle(i % 2 === 0 ? 'reset' : 'end')
      const outcome = classifyOutcome(task, await seen)
      const arrivals = scene.tracker.arrivalsOf(task.id)
      const isRight = method === 'GET' ? outcome.kind === 'answered' && arrivals > 0 : ['answered', 'failed'].includes(outcome.kind) && arrivals < 2
      if (!isRight) scene.tracker.reportViolation(`${describeTask(task)}: ${JSON.stringify(outcome)} and ${arrivals} arrivals`)
    }
    t.strictSame(scene.tracker.violations, [])
  })
}
