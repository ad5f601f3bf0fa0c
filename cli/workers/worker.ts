// The entry of a worker: a process that serves the gateway as its primary tells it to. See `WorkerProcess`.
import cluster from 'node:cluster'
import { createLogger } from '../logger.ts'
import { type RunningGateway, startGateway } from '../server.ts'
import { exitSoon, ignoreSignals } from '../signals.ts'
import { FollowedHealth } from './followed-health.ts'
import type { ToPrimary, ToWorker, WorkerSettings } from './messages.ts'
import { toPlainError } from './serialize-error.ts'

const health = new FollowedHealth()
const hurry = new AbortController()
let starting: Promise<RunningGateway> | undefined
let isLeaving = false

// Ctrl-C in a terminal, and some supervisors, signal every process of a group. What is to be done, the primary says.
ignoreSignals()
process.on('message', obey)
send({ type: 'ready' })

cluster.worker!.on('disconnect', function onDisconnect () {
  // The primary is gone, and with it the listening socket. node would exit at once.
  cluster.worker!.exitedAfterDisconnect = true
  return stop()
})

function obey (message: ToWorker): unknown {
  switch (message.type) {
    case 'start': return start(message.settings)
    case 'found': return health.hear(message.finding)
    case 'retire': return leave(({ fastify }) => fastify.gateway.handOver(hurry.signal))
    case 'stop': return stop()
  }
}

function start (settings: WorkerSettings): void {
  for (const finding of settings.findings) health.hear(finding)
  starting = serve(settings)
  starting.then(
    ({ address }) => send({ type: 'listening', address }),
    (error: unknown) => send({ type: 'failed', error: toPlainError(error) }, () => process.exit(1)))
}

async function serve ({ configuration, host, port, isInteractive, isDebug }: WorkerSettings): Promise<RunningGateway> {
  const logger = await createLogger({ isInteractive, isDebug })
  return await startGateway({ configuration, host, port, logger, hidesAddress: true, createHealthSource: health.createSource })
}

async function stop (): Promise<void> {
  hurry.abort()
  await leave(({ fastify }) => fastify.close())
}

/** Ends when all is done, and as late as the primary knows that. */
async function leave (end: (gateway: RunningGateway) => Promise<void>): Promise<void> {
  if (isLeaving) return
  isLeaving = true
  // One that cannot start ends by itself.
  const gateway = await starting?.catch(() => undefined)
  if (gateway !== undefined) await end(gateway)
  send({ type: 'done' })
  exitSoon()
}

function send (message: ToPrimary, sent: () => void = () => {}): void {
  if (process.connected) process.send!(message, undefined, undefined, sent)
  else sent()
}
