import type { Readable } from 'node:stream'

/** The part of a body that has been read. */
export interface LimitedRead {
  bytes: Buffer
  /** It is all of it. Else the body is as it was before, and can be passed on. */
  isWhole: boolean
}

/**
 * Reads a body until it ends or turns out to be longer than a limit; with the limit 0, its first bytes. One that has
 * been read already is empty.
 * @param limit - in bytes
 * @throws what broke it off
 */
export function readLimited (body: Readable, limit: number): Promise<LimitedRead> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let length = 0
    // Already ended: no more events will fire.
    if (body.readableEnded) return end()
    if (body.destroyed) return close()
    body.on('readable', take).on('end', end).on('error', fail).on('close', close)

    function take (): void {
      for (let chunk: Buffer | null = body.read(); chunk !== null; chunk = body.read()) {
        chunks.push(chunk)
        length += chunk.length
        if (length > limit) return unread(Buffer.concat(chunks))
      }
    }

    /** In the same turn in which it was read: a moment later, a body that has no more would end. */
    function unread (bytes: Buffer): void {
      leave()
      body.unshift(bytes)
      resolve({ bytes, isWhole: false })
    }

    function end (): void {
      leave()
      resolve({ bytes: Buffer.concat(chunks), isWhole: true })
    }

    function fail (error: Error): void {
      leave()
      reject(error)
    }

    function close (): void {
      fail(body.errored ?? new Error('The body was closed before its end'))
    }

    function leave (): void {
      body.off('readable', take).off('end', end).off('error', fail).off('close', close)
    }
  })
}
