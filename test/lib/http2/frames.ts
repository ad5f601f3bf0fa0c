import type { Socket } from 'node:net'
import type { Test } from 'tap'
import { startRawUpstream } from '../../helper.ts'

// A peer that speaks HTTP/2 by hand: what no server of node's would send (RFC 9113, 4.1 and 6).

export const DATA = 0
export const HEADERS = 1
export const RST_STREAM = 3
export const SETTINGS = 4
export const PING = 6
export const GOAWAY = 7
export const WINDOW_UPDATE = 8

export const END_STREAM = 1
export const END_HEADERS = 4
const ACK = 1
const PREFACE_LENGTH = 24

export interface Frame {
  type: number
  flags: number
  stream: number
  payload: Buffer
}

/** The other end of a connection. */
export class Peer {
  readonly socket: Socket
  readonly frames: Frame[] = []
  isSilent = false

  constructor (socket: Socket) {
    this.socket = socket
  }

  send (type: number, flags = 0, stream = 0, payload: Buffer | string = ''): this {
    this.socket.write(encode({ type, flags, stream, payload: Buffer.from(payload) }))
    return this
  }

  /** The head of an answer: `:status: 200` of the static table (RFC 7541, A), and other fields as they are. */
  head (stream: number, { status = '200', fields = [] as string[], end = false } = {}): this {
    return this.send(HEADERS, END_HEADERS | (end ? END_STREAM : 0), stream, Buffer.concat([Buffer.from([0x08]), text(status), ...literals(fields)]))
  }

  data (stream: number, payload: string, { end = false } = {}): this {
    return this.send(DATA, end ? END_STREAM : 0, stream, payload)
  }

  trailers (stream: number, fields: string[]): this {
    return this.send(HEADERS, END_HEADERS | END_STREAM, stream, Buffer.concat(literals(fields)))
  }

  reset (stream: number, code: number): this {
    return this.send(RST_STREAM, 0, stream, number(code))
  }

  goaway (lastStream: number, code: number): this {
    return this.send(GOAWAY, 0, 0, Buffer.concat([number(lastStream), number(code)]))
  }
}

/** A server that is told every frame but the acknowledgements, and answers PING unless it is silent. */
export async function startPeer (t: Test, onFrame: (frame: Frame, peer: Peer) => void, { settings }: { settings?: Buffer } = {}): Promise<{ origin: string, peers: Peer[] }> {
  const peers: Peer[] = []
  const origin = await startRawUpstream(t, socket => {
    const peer = new Peer(socket)
    peers.push(peer)
    let rest = Buffer.alloc(0)
    let start = PREFACE_LENGTH
    peer.send(SETTINGS, 0, 0, settings ?? '')
    socket.on('data', chunk => {
      rest = Buffer.concat([rest, chunk])
      while (rest.length >= start + 9 && rest.length >= start + 9 + rest.readUIntBE(start, 3)) {
        const head = rest.subarray(start, start + 9)
        const end = start + 9 + head.readUIntBE(0, 3)
        const frame = { type: head[3]!, flags: head[4]!, stream: head.readUInt32BE(5), payload: rest.subarray(start + 9, end) }
        rest = rest.subarray(end)
        start = 0
        receive(frame, peer, onFrame)
      }
    })
  })
  return { origin, peers }
}

function receive (frame: Frame, peer: Peer, onFrame: (frame: Frame, peer: Peer) => void): void {
  peer.frames.push(frame)
  if (peer.isSilent || ((frame.type === SETTINGS || frame.type === PING) && frame.flags === ACK)) return
  if (frame.type === SETTINGS) peer.send(SETTINGS, ACK)
  else if (frame.type === PING) peer.send(PING, ACK, 0, frame.payload)
  else onFrame(frame, peer)
}

/** One setting of a SETTINGS frame. */
export function setting (id: number, value: number): Buffer {
  const bytes = Buffer.alloc(6)
  bytes.writeUInt16BE(id, 0)
  bytes.writeUInt32BE(value, 2)
  return bytes
}

function encode ({ type, flags, stream, payload }: Frame): Buffer {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head[3] = type
  head[4] = flags
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, payload])
}

function number (value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

/** Shorter than 127 bytes, without Huffman coding (RFC 7541, 5.2). */
function text (value: string): Buffer {
  const bytes = Buffer.from(value, 'latin1')
  return Buffer.concat([Buffer.from([bytes.length]), bytes])
}

function literals (fields: readonly string[]): Buffer[] {
  const parts: Buffer[] = []
  for (let i = 0; i < fields.length; i += 2) parts.push(Buffer.from([0]), text(fields[i]!), text(fields[i + 1]!))
  return parts
}
