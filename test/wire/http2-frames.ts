import { once } from 'node:events'
import tls from 'node:tls'
import type { Test } from 'tap'

/** Frame types (RFC 9113, 6). */
export const HEADERS = 1
export const RST_STREAM = 3
export const SETTINGS = 4
export const PING = 6
export const WINDOW_UPDATE = 8
export const CONTINUATION = 9

/** Flags of `HEADERS`. */
export const END_STREAM = 1
export const END_HEADERS = 4

/** An HTTP/2 client of frames, which does what none would do. */
export interface FrameClient {
  socket: tls.TLSSocket
  /** Resolves when the kernel has taken them, which a server that does not read holds up. */
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
  socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
  socket.write(frame(SETTINGS, 0, 0))
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

export function frame (type: number, flags: number, stream: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head[3] = type
  head[4] = flags
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, payload])
}

/** The head of `GET path`, in HPACK without its table and without Huffman (RFC 7541, 6). */
export function getRequest (path: string, fields: Record<string, string> = {}): Buffer {
  // :method GET and :scheme https of the static table; :path and :authority with their names of it.
  const parts = [Buffer.from([0x82, 0x87, 0x04]), text(path), Buffer.from([0x01]), text('localhost')]
  for (const [name, value] of Object.entries(fields)) parts.push(Buffer.from([0x00]), text(name), text(value))
  return Buffer.concat(parts)
}

function text (value: string): Buffer {
  if (value.length < 127) return Buffer.concat([Buffer.from([value.length]), Buffer.from(value, 'latin1')])
  // An integer that does not fit into seven bits (RFC 7541, 5.1).
  const length = [127]
  for (let rest = value.length - 127; ; rest >>= 7) {
    length.push(rest < 128 ? rest : rest % 128 + 128)
    if (rest < 128) break
  }
  return Buffer.concat([Buffer.from(length), Buffer.from(value, 'latin1')])
}
