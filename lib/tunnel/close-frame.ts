import { randomBytes } from 'node:crypto'

const FIN_AND_CLOSE = 0x88
const MASKED = 0x80
/** The server is going down (RFC 6455, 7.4.1). */
export const GOING_AWAY = 1001

/**
 * A WebSocket close frame without a reason (RFC 6455, 5.5.1).
 * @param code - such as 1001
 * @param isMasked - it goes to a server (RFC 6455, 5.3)
 */
export function createCloseFrame (code: number, isMasked: boolean): Buffer {
  const payload = Buffer.of(code >> 8, code & 0xff)
  if (!isMasked) return Buffer.concat([Buffer.of(FIN_AND_CLOSE, payload.length), payload])
  const mask = randomBytes(4)
  return Buffer.concat([Buffer.of(FIN_AND_CLOSE, MASKED | payload.length), mask, payload.map((byte, index) => byte ^ mask[index]!)])
}
