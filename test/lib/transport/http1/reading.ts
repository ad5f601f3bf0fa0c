import type { ResponseContext, ResponseListener } from '../../../../lib/transport/http1/response-parser.ts'
import { ResponseParser } from '../../../../lib/transport/http1/response-parser.ts'

/** What a parser made of its bytes. */
export interface Reading {
  /** Status, reason and header lines of each head. */
  heads: [statusCode: number, statusText: string, rawHeaders: string[]][]
  body: string
  /** `null` without any; `undefined` as long as the answer is not complete. */
  trailers: string[] | null | undefined
  /** Times that it ended. */
  ends: number
  /** What came behind a switch of protocols. */
  rest: string | undefined
  error: unknown
}

/** What is refused is refused with this. */
export const PROTOCOL_ERROR = { code: 'ERR_UPSTREAM_PROTOCOL' }

export const GET: ResponseContext = { method: 'GET', upgrade: null }

/** Writes down what it is told. */
export function createRecorder (): { reading: Reading, listener: ResponseListener } {
  const reading: Reading = { heads: [], body: '', trailers: undefined, ends: 0, rest: undefined, error: undefined }
  return {
    reading,
    listener: {
      onHead (...head) { reading.heads.push([head[0], head[2], head[1]]) },
      onBody (chunk) { reading.body += chunk.toString('latin1') },
      onEnd (trailers) {
        reading.trailers = trailers
        reading.ends++
      },
      onSwitch (rawHeaders, rest) {
        reading.heads.push([101, '', rawHeaders])
        reading.rest = rest.toString('latin1')
      },
    },
  }
}

/** A string of bytes, a character each. */
export const bytesOf = (text: string) => Buffer.from(text, 'latin1')

/**
 * Reads pieces one after the other, each in the same memory, as a connection does.
 * @param isEnded - whether the connection ends behind them
 */
export function readPieces (pieces: readonly Buffer[], context: ResponseContext = GET, isEnded = true): Reading {
  const { reading, listener } = createRecorder()
  const parser = new ResponseParser()
  const memory = Buffer.alloc(64 * 1024)
  parser.begin(context, listener)
  try {
    for (const piece of pieces) {
      for (let at = 0; at < piece.length; at += memory.length) parser.read(memory, piece.copy(memory, 0, at))
    }
    if (isEnded && !parser.finish() && reading.ends === 0 && reading.rest === undefined) throw new Error('cut off')
  } catch (error) {
    reading.error = error
  }
  memory.fill(0)
  return reading
}

export const read = (text: string, context?: ResponseContext, isEnded?: boolean) =>
  readPieces([bytesOf(text)], context, isEnded)
