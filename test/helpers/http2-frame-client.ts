import { once } from 'node:events'
import tls from 'node:tls'
import type { Test } from 'tap'
import { encodeFields, encodeFrame, encodeText, PREFACE, SETTINGS } from './http2-codec.ts'

/** An HTTP/2 client of frames, which does what none would do. */
export interface FrameClient {
  socket: tls.TLSSocket
  /** Resolves when the kernel has taken them, later when the server does not read. */
  write (...frames: Buffer[]): Promise<void>
  /** The connection has ended, which has to be soon. */
  closed (): Promise<void>
}

/** Connects, and sends the preface with empty settings. */
export async function connectFrames (t: Test, port: number): Promise<FrameClient> {
  const socket = tls.connect({ port, host: '127.0.0.1', ALPNProtocols: ['h2'], rejectUnauthorized: false })
  t.teardown(() => socket.destroy())
  socket.resume().on('error', () => {})
  await once(socket, 'secureConnect')
  socket.write(PREFACE)
  socket.write(encodeFrame(SETTINGS, 0, 0))
  return {
    socket,
    async write (...frames) {
      await new Promise<void>(resolve => {
        if (socket.closed || !socket.writable) return resolve()
        // Called with an error when the server has ended the connection.
        socket.write(Buffer.concat(frames), () => resolve())
      })
    },
    async closed () {
      if (!socket.closed) await once(socket, 'close', { signal: AbortSignal.timeout(20_000) })
    },
  }
}

/** The head of `GET path`, in HPACK without its table and without Huffman (RFC 7541, 6). */
export function getRequest (path: string, fields: Record<string, string> = {}): Buffer {
  // :method GET and :scheme https of the static table; :path and :authority with their names of it.
  return Buffer.concat([Buffer.from([0x82, 0x87, 0x04]), encodeText(path), Buffer.from([0x01]), encodeText('localhost'), encodeFields(Object.entries(fields).flat())])
}
