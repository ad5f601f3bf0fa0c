import { randomBytes } from 'node:crypto'

export const TEXT = 0x1
export const CLOSE = 0x8
export const PING = 0x9

export interface FrameOptions {
  isMasked?: boolean
  isFinal?: boolean
  /** Bytes of the length behind its first seven bits: 0, 2 or 8; by default as few as there can be. */
  lengthBytes?: number
}

/** The header of a frame (RFC 6455, 5.2). */
export function createHeader (
  opcode: number,
  length: number | bigint,
  { isMasked = false, isFinal = true, lengthBytes = fewestFor(Number(length)) }: FrameOptions = {}
): Buffer {
  const long = Buffer.alloc(8)
  long.writeBigUInt64BE(BigInt(length))
  const short = { 0: Number(length), 2: 126, 8: 127 }[lengthBytes]!
  const start = Buffer.of((isFinal ? 0x80 : 0) | opcode, (isMasked ? 0x80 : 0) | short)
  return Buffer.concat([start, long.subarray(8 - lengthBytes), isMasked ? randomBytes(4) : Buffer.alloc(0)])
}

/** A frame with a payload that looks like close frames. */
export function createFrame (opcode: number, length: number, options?: FrameOptions): Buffer {
  return Buffer.concat([createHeader(opcode, length, options), Buffer.alloc(length, '\x88\x00', 'latin1')])
}

function fewestFor (length: number): number {
  if (length < 126) return 0
  return length < 65_536 ? 2 : 8
}
