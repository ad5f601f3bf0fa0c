import net, { type Socket } from 'node:net'
import type { Test } from 'tap'
import { type Fault, type FaultName, faults, needsReuse, type ReceivedTask } from './faults.ts'
import { closeServer, findFixedPort, listenOn } from './fixed-port.ts'
import { RequestParser } from './request-parser.ts'
import type { RequestTracker } from './request-tracker.ts'
import { describeTask, readTask, uploadBody } from './task.ts'

/** What becomes of a request; decided when its first line is here. */
export type Behaviour = (received: ReceivedTask) => FaultName

/**
 * An upstream of bytes that keeps its port while it stops and starts, and does with each request what `behaviour` says.
 */
export class ChaosUpstream {
  readonly port: number
  readonly origin: string
  /** May be changed at any time; counts for the requests that begin from then on. */
  behaviour: Behaviour = () => 'none'
  /** Requests of which at least the first line has come. */
  arrivals = 0
  readonly #tracker: RequestTracker
  readonly #random: () => number
  readonly #sockets = new Set<Socket>()
  readonly #busy = new Set<Socket>()
  #server: net.Server | undefined

  constructor (port: number, tracker: RequestTracker, random: () => number) {
    this.port = port
    this.origin = `http://127.0.0.1:${port}`
    this.#tracker = tracker
    this.#random = random
  }

  /** Connections with a request that is neither answered nor given up. */
  get busy (): number {
    return this.#busy.size
  }

  get isListening (): boolean {
    return this.#server !== undefined
  }

  async start (): Promise<void> {
    const server = net.createServer({ noDelay: true }, socket => this.#serve(socket))
    this.#server = server
    await listenOn(server, this.port)
  }

  /** From now on connections are refused; those that are open are reset. */
  async stop (): Promise<void> {
    const server = this.#server
    if (server === undefined) return
    this.#server = undefined
    const closed = closeServer(server)
    for (const socket of this.#sockets) socket.resetAndDestroy()
    await closed
  }

  #serve (socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('error', () => {}).on('close', () => {
      this.#sockets.delete(socket)
      this.#busy.delete(socket)
    })
    let nth = 0
    let received: ReceivedTask | undefined
    let fault: FaultName = 'none'
    const parser = new RequestParser({
      begun: ({ method, target }) => {
        if (this.#busy.has(socket)) throw new Error('a request before the response to the last one')
        const task = readTask(method, target)
        if (task === undefined) throw new Error(`no task: ${method} ${target}`)
        this.arrivals++
        received = { ...task, nth: ++nth, arrival: this.#tracker.record(task.id) }
        const chosen = this.behaviour(received)
        fault = needsReuse(chosen) && nth === 1 ? 'none' : chosen
        this.#busy.add(socket)
        this.#act(socket, received, fault, 'begin')
      },
      whole: body => {
        if (!body.equals(uploadBody(received!))) this.#tracker.reportViolation(`${describeTask(received!)}: another body arrived than was sent`)
        this.#act(socket, received!, fault, 'end')
      },
    })
    socket.on('data', chunk => {
      if (socket.destroyed) return
      try {
        parser.push(chunk)
      } catch (error) {
        this.#tracker.reportViolation((error as Error).message)
        socket.destroy()
      }
    })
  }

  #act (socket: Socket, received: ReceivedTask, name: FaultName, moment: 'begin' | 'end'): void {
    const { at, act, responds = false }: Fault = faults[name]
    if (at !== moment) return
    const done = Promise.resolve(act(socket, received, this.#random))
    if (responds) done.then(() => this.#busy.delete(socket))
  }
}

/** A chaos upstream that listens, and stops with the test. */
export async function startChaos (t: Test, tracker: RequestTracker, random: () => number): Promise<ChaosUpstream> {
  const upstream = new ChaosUpstream(await findFixedPort(), tracker, random)
  await upstream.start()
  t.teardown(() => upstream.stop())
  return upstream
}
