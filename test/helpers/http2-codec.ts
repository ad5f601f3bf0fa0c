import type { Socket } from 'node:net'

// Frames of HTTP/2 by hand: what neither a client nor a server of node's would send (RFC 9113, 4.1 and 6).

export const DATA = 0
export const HEADERS = 1
export const RST_STREAM = 3
export const SETTINGS = 4
export const PING = 6
export const GOAWAY = 7
export const WINDOW_UPDATE = 8
export const CONTINUATION = 9

/** Flags of `DATA` and `HEADERS`. */
export const END_STREAM = 1
export const END_HEADERS = 4
/** Of `SETTINGS` and `PING`. */
export const ACK = 1

/** What a client begins with. */
export const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'
const HEAD_LENGTH = 9

export interface Frame {
  type: number
  flags: number
  stream: number
  payload: Buffer
}

export function encodeFrame (type: number, flags: number, stream: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(HEAD_LENGTH)
  head.writeUIntBE(payload.length, 0, 3)
  head[3] = type
  head[4] = flags
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, payload])
}

/**
 * Reports every frame that comes on a socket.
 * @param skipped - bytes before the first
 */
export function readFrames (socket: Socket, skipped: number, onFrame: (frame: Frame) => void): void {
  let rest = Buffer.alloc(0)
  let start = skipped
  socket.on('data', (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk])
    while (rest.length >= start + HEAD_LENGTH && rest.length >= start + HEAD_LENGTH + rest.readUIntBE(start, 3)) {
      const head = rest.subarray(start, start + HEAD_LENGTH)
      const end = start + HEAD_LENGTH + head.readUIntBE(0, 3)
      const frame = {
        type: head[3]!,
        flags: head[4]!,
        stream: head.readUInt32BE(5),
        payload: rest.subarray(start + HEAD_LENGTH, end),
      }
      rest = rest.subarray(end)
      start = 0
      onFrame(frame)
    }
  })
}

/** A string of HPACK, without Huffman coding (RFC 7541, 5.2). */
export function encodeText (value: string): Buffer {
  const bytes = Buffer.from(value, 'latin1')
  if (bytes.length < 127) return Buffer.concat([Buffer.of(bytes.length), bytes])
  // An integer that does not fit into seven bits (RFC 7541, 5.1).
  const length = [127]
  for (let rest = bytes.length - 127; ; rest >>= 7) {
    length.push(rest < 128 ? rest : rest % 128 + 128)
    if (rest < 128) break
  }
  return Buffer.concat([Buffer.from(length), bytes])
}

/**
 * Fields of HPACK, without its tables (RFC 7541, 6.2.2).
 * @param fields - names and values in turn
 */
export function encodeFields (fields: readonly string[]): Buffer {
  const parts: Buffer[] = []
  for (let i = 0; i < fields.length; i += 2) {
    parts.push(Buffer.of(0), encodeText(fields[i]!), encodeText(fields[i + 1]!))
  }
  return Buffer.concat(parts)
}
