import net, { type Socket } from 'node:net'
import type { Test } from 'tap'
import { portOf } from '../helpers/servers.ts'
import { RequestParser } from './request-parser.ts'
import type { RequestTracker } from './request-tracker.ts'
import { formatResponse, readTask, type Task, uploadBody } from './task.ts'

/** Where one exchange breaks off, and how. */
export interface Cut {
  /** Of the request: after so many of its bytes have come. Of the response: after so many have left. */
  within: 'request' | 'response'
  bytes: number
  by: 'reset' | 'end'
}

/**
 * Some upstreams of which the next one that is sent a request breaks it off at one certain byte; after that, they
 * respond as they should until `cut` is set again.
 */
export class CuttingUpstreams {
  readonly origins: string[] = []
  /** What is still to happen. */
  cut: Cut | null = null
  /** Bytes that have come of the request that came last. */
  received = 0
  /** Else a connection is closed with its response, which says so, and each request gets a new one. */
  keepsAlive = true
  /** Called when `received` has grown. */
  onReceived = (): void => {}
  readonly #tracker: RequestTracker
  readonly #idle = new Set<Socket>()

  constructor (tracker: RequestTracker) {
    this.#tracker = tracker
  }

  async listen (t: Test, count: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      const sockets = new Set<Socket>()
      const server = net.createServer({ noDelay: true }, socket => {
        sockets.add(socket)
        socket.on('error', () => {}).on('close', () => sockets.delete(socket))
        this.#serve(socket)
      })
      await new Promise<void>(resolve => { server.listen(0, '127.0.0.1', resolve) })
      t.teardown(() => {
        server.close()
        for (const socket of sockets) socket.destroy()
      })
      this.origins.push(`http://127.0.0.1:${portOf(server)}`)
    }
  }

  /** Closes what waits for a request, in the moment in which the caller sends one. */
  cutIdle (by: Cut['by']): void {
    for (const socket of this.#idle) leave(socket, by)
  }

  #serve (socket: Socket): void {
    this.#idle.add(socket)
    socket.on('close', () => this.#idle.delete(socket))
    if (this.cut?.within === 'request' && this.cut.bytes === 0) {
      leave(socket, this.#takeCut()!.by)
      return
    }
    let received = 0
    let cut: Cut | null = null
    let task: Task | undefined
    const parser = new RequestParser({
      begun: ({ method, target }) => {
        task = readTask(method, target)
        if (task === undefined) throw new Error(`no task: ${method} ${target}`)
        this.#tracker.record(task.id)
      },
      whole: body => {
        received = 0
        if (!body.equals(uploadBody(task!))) throw new Error(`another body than that of task ${task!.id}`)
        if (cut?.within !== 'request') this.#respond(socket, task!, cut)
      },
    })
    socket.on('data', chunk => {
      if (received === 0) cut = this.#takeCut()
      this.#idle.delete(socket)
      received += chunk.length
      this.received = received
      this.#parse(parser, chunk)
      if (cut?.within === 'request' && this.received >= cut.bytes) leave(socket, cut.by)
      this.onReceived()
    })
  }

  #takeCut (): Cut | null {
    const { cut } = this
    this.cut = null
    return cut
  }

  #parse (parser: RequestParser, chunk: Buffer): void {
    try {
      parser.push(chunk)
    } catch (error) {
      this.#tracker.reportViolation((error as Error).message)
    }
  }

  #respond (socket: Socket, task: Task, cut: Cut | null): void {
    if (!socket.writable) return
    if (cut !== null) {
      socket.write(formatResponse(task).subarray(0, cut.bytes), () => leave(socket, cut.by))
      return
    }
    if (this.keepsAlive) {
      socket.write(formatResponse(task))
      this.#idle.add(socket)
    } else socket.end(formatResponse(task, ['Connection: close']))
  }
}

function leave (socket: Socket, by: Cut['by']): void {
  if (by === 'reset') socket.resetAndDestroy()
  else socket.end()
}
