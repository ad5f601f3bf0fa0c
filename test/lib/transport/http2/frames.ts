import type { Socket } from 'node:net'
import type { Test } from 'tap'
import { ACK, DATA, encodeFields, encodeFrame, encodeText, END_HEADERS, END_STREAM, type Frame, GOAWAY, HEADERS, PING, PREFACE, readFrames, RST_STREAM, SETTINGS } from '../../../helpers/http2-codec.ts'
import { startRawUpstream } from '../../../helpers/upstreams.ts'

// A peer that speaks HTTP/2 by hand.

/** The other end of a connection. */
export class Peer {
  readonly socket: Socket
  readonly frames: Frame[] = []
  isSilent = false

  constructor (socket: Socket) {
    this.socket = socket
  }

  send (type: number, flags = 0, stream = 0, payload: Buffer | string = ''): this {
    this.socket.write(encodeFrame(type, flags, stream, Buffer.from(payload)))
    return this
  }

  /** The head of an answer: `:status: 200` of the static table (RFC 7541, A), and other fields as they are. */
  head (stream: number, { status = '200', fields = [] as string[], end = false } = {}): this {
    return this.send(
      HEADERS,
      END_HEADERS | (end ? END_STREAM : 0),
      stream,
      Buffer.concat([Buffer.from([0x08]), encodeText(status), encodeFields(fields)])
    )
  }

  data (stream: number, payload: string, { end = false } = {}): this {
    return this.send(DATA, end ? END_STREAM : 0, stream, payload)
  }

  trailers (stream: number, fields: string[]): this {
    return this.send(HEADERS, END_HEADERS | END_STREAM, stream, encodeFields(fields))
  }

  reset (stream: number, code: number): this {
    return this.send(RST_STREAM, 0, stream, number(code))
  }

  goaway (lastStream: number, code: number): this {
    return this.send(GOAWAY, 0, 0, Buffer.concat([number(lastStream), number(code)]))
  }
}

/** A server that is told every frame but the acknowledgements, and answers PING unless it is silent. */
export async function startPeer (
  t: Test,
  onFrame: (frame: Frame, peer: Peer) => void,
  { settings }: { settings?: Buffer } = {}
): Promise<{ origin: string; peers: Peer[] }> {
  const peers: Peer[] = []
  const origin = await startRawUpstream(t, socket => {
    const peer = new Peer(socket)
    peers.push(peer)
    peer.send(SETTINGS, 0, 0, settings ?? '')
    readFrames(socket, PREFACE.length, frame => receive(frame, peer, onFrame))
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

function number (value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}
