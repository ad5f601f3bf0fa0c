import type { UpstreamTarget } from '../configuration/types.ts'
import type { Question } from '../transport/probe.ts'
import { Http2Transport } from '../transport/http2/http2-transport.ts'

/**
 * Asks an upstream one question in HTTP/2, on a connection of its own.
 * @param done - gets the status of the answer, or `null` when there is none; perhaps more than once
 * @returns ends it
 */
export function askHttp2 (target: UpstreamTarget, { method, path, headers }: Question, done: (statusCode: number | null) => void): () => void {
  const connections = new Http2Transport(target, { connectTimeout: 0, maxConnections: 1 })
  connections.dispatch({ method, path, headers: Object.entries(headers).flat(), body: null, upgrade: null, trailers: null }, {
    onConnect: ignore,
    onBodySent: ignore,
    onHeaders (statusCode) {
      if (statusCode >= 200) done(statusCode)
      return true
    },
    onUpgrade: ignore,
    onData: () => true,
    onRead: ignore,
    onComplete: ignore,
    onError: () => done(null),
  })
  return () => { connections.destroy().catch(ignore) }
}

function ignore (): void {}
