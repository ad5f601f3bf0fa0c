// Entry of a worker: a process that serves the gateway under the control of its primary. See `WorkerProcess`.
import cluster from 'node:cluster'
import { createLogger } from '../logger.ts'
import { type RunningGateway, startGateway } from '../server.ts'
import { exitSoon, ignoreSignals } from '../signals.ts'
import type { ToPrimary, ToWorker, WorkerSettings } from './messages.ts'
import { serializeError } from './serialize-error.ts'
import { FollowedHealth } from './shared-health.ts'

class GatewayWorker {
  readonly #health = new FollowedHealth()
  /** Aborted by a stop, which cuts a drain short. */
  readonly #stopping = new AbortController()
  #gateway: Promise<RunningGateway> | undefined
  #isEnding = false

  receive (message: ToWorker): unknown {
    switch (message.type) {
      case 'start': return this.#start(message.settings)
      case 'health': return this.#health.update(message.health)
      case 'drain': return this.#end(({ fastify }) => fastify.gateway.handOver(this.#stopping.signal))
      case 'stop': return this.stop()
    }
  }

  async stop (): Promise<void> {
    this.#stopping.abort()
    await this.#end(({ fastify }) => fastify.close())
  }

  #start (settings: WorkerSettings): void {
    for (const health of settings.health) this.#health.update(health)
    this.#gateway = this.#serve(settings)
    this.#gateway.then(
      ({ address }) => send({ type: 'listening', address }),
      (error: unknown) => send({ type: 'failed', error: serializeError(error) }, () => process.exit(1)))
  }

  async #serve ({ configuration, host, port, isInteractive, isDebug }: WorkerSettings): Promise<RunningGateway> {
    const logger = await createLogger({ isInteractive, isDebug })
    const { createSource: createHealthSource } = this.#health
    return await startGateway({ configuration, host, port, logger, hidesAddress: true, createHealthSource })
  }

  /** Exits when nothing is under way any more, and the primary knows it. */
  async #end (close: (gateway: RunningGateway) => Promise<void>): Promise<void> {
    if (this.#isEnding) return
    this.#isEnding = true
    // A gateway that cannot start exits by itself.
    const gateway = await this.#gateway?.catch(() => undefined)
    if (gateway !== undefined) await close(gateway)
    send({ type: 'done' })
    exitSoon()
  }
}

function send (message: ToPrimary, onSent: () => void = () => {}): void {
  if (process.connected) process.send!(message, undefined, undefined, onSent)
  else onSent()
}

const worker = new GatewayWorker()
// Ctrl-C in a terminal, and some supervisors, signal every process of a group. Here only the primary acts on a signal.
ignoreSignals()
process.on('message', (message: ToWorker) => worker.receive(message))
cluster.worker!.on('disconnect', function onDisconnect () {
  // The primary has exited, and closed the listening socket. node would exit at once.
  cluster.worker!.exitedAfterDisconnect = true
  return worker.stop()
})
send({ type: 'ready' })
