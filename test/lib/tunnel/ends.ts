import { type Duplex, type DuplexOptions, duplexPair } from 'node:stream'
import { setImmediate } from 'node:timers/promises'

/** One connection in memory: the gateway's end of it, and the other. */
export interface Connection {
  /** The gateway's. */
  socket: Duplex
  /** The client's, or the upstream's. */
  end: Duplex
}

/**
 * Without a network: what is written is there after `settle`. Both halves end by themselves, unless the options say
 * otherwise.
 */
export function createConnection (options?: DuplexOptions): Connection {
  const [socket, end] = duplexPair(options)
  for (const each of [socket, end]) each.on('error', () => {})
  return { socket, end }
}

/** Reads an end, from now on. @returns what has come so far */
export function read (end: Duplex): () => Buffer {
  const chunks: Buffer[] = []
  end.on('data', chunk => chunks.push(chunk))
  return () => Buffer.concat(chunks)
}

/** Everything that is under way in memory has happened. */
export async function settle (): Promise<void> {
  await setImmediate()
  await setImmediate()
}
