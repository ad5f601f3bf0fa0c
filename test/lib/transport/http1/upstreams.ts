import type { Socket } from 'node:net'
import type { Test } from 'tap'
import { startRawUpstream } from '../../../helpers/upstreams.ts'

/** An answer with a length. */
export const answerOf = (body: string, lines = '') => `HTTP/1.1 200 OK\r\n${lines}Content-Length: ${body.length}\r\n\r\n${body}`

export const FINE = answerOf('fine')

/** A server of bytes that keeps its sockets, and what it has got, all together. */
export interface Upstream {
  origin: string
  /** In the order in which they were opened. */
  sockets: Socket[]
  received: () => string
  /** Resolves when what it has got matches. */
  until (pattern: RegExp): Promise<string>
}

/** @param onData - gets what came, and the number of the connection */
export async function startUpstream (
  t: Test,
  onData: (socket: Socket, text: string, index: number) => void = socket => socket.write(FINE)
): Promise<Upstream> {
  const sockets: Socket[] = []
  const waiting = new Set<() => void>()
  let received = ''
  const origin = await startRawUpstream(t, socket => {
    const index = sockets.push(socket) - 1
    socket.setNoDelay().on('data', data => {
      const text = data.toString('latin1')
      received += text
      onData(socket, text, index)
      for (const look of waiting) look()
    })
  })
  return {
    origin,
    sockets,
    received: () => received,
    until: pattern =>
      new Promise(resolve => {
        const look = () => {
          if (!pattern.test(received)) return
          waiting.delete(look)
          resolve(received)
        }
        waiting.add(look)
        look()
      }),
  }
}
