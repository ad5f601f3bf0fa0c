import cluster from 'node:cluster'
import t from 'tap'
import type { WorkerSettings } from '../../../cli/workers/messages.ts'
import { WorkerProcess } from '../../../cli/workers/worker-process.ts'

t.test('a message that did not reach a worker is not the end of it', async t => {
  const worker = new WorkerProcess({
    configuration: { options: { shutdown: { delay: 0, gracePeriod: 0 } } },
  } as WorkerSettings)
  const [forked] = Object.values(cluster.workers!)
  forked!.emit('error', Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }))
  worker.kill()
  t.match(await worker.exited, { exitCode: null, signal: 'SIGKILL' })
})
