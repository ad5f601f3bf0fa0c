import { once } from 'node:events'
import http2, { type ClientHttp2Session, type ClientHttp2Stream, type IncomingHttpHeaders, type OutgoingHttpHeaders, type SecureClientSessionOptions } from 'node:http2'
import type { Test } from 'tap'
import { fixture } from './certificates.ts'

/** An HTTP/2 connection that has its settings, ended with the test. */
export async function connectHttp2 (
  t: Test,
  origin: string,
  options: SecureClientSessionOptions = {}
): Promise<ClientHttp2Session> {
  const session = http2.connect(origin, { ca: [fixture('name.cert'), fixture('address.cert')], ...options })
  session.on('error', () => {})
  t.teardown(() => session.destroy())
  await once(session, 'remoteSettings')
  return session
}

/** What came back on a stream. */
export interface Http2Response {
  status: number
  headers: IncomingHttpHeaders
  body: Buffer
  trailers: IncomingHttpHeaders | undefined
  /** Heads of 1xx, in order. */
  interim: IncomingHttpHeaders[]
}

/**
 * Sends a request and reads its response. Rejects when its stream, or its connection, breaks off.
 * @param request - a path to GET, or all headers
 */
export async function sendHttp2Request (
  session: ClientHttp2Session,
  request: string | OutgoingHttpHeaders,
  body?: Buffer | string
): Promise<Http2Response> {
  const stream = session.request(typeof request === 'string' ? { ':path': request } : request, {
    endStream: body === undefined,
  })
  if (body !== undefined) stream.end(body)
  return readHttp2Response(stream)
}

/** Reads a stream to its end; rejects when it is reset, or closed without a response. */
export async function readHttp2Response (stream: ClientHttp2Stream): Promise<Http2Response> {
  const interim: IncomingHttpHeaders[] = []
  const chunks: Buffer[] = []
  let trailers: IncomingHttpHeaders | undefined
  stream.on('headers', headers => interim.push(headers)).on('trailers', headers => { trailers = headers })
  stream.on('data', (chunk: Buffer) => chunks.push(chunk))
  const closed = once(stream, 'close')
  // A stream that is closed without an error emits nothing else.
  const missing = closed.then(() => { throw new Error(`closed without a response: ${stream.rstCode}`) })
  missing.catch(() => {})
  const [headers] = await Promise.race([once(stream, 'response'), missing]) as [IncomingHttpHeaders & { ':status': number }]
  await closed
  // A reset behind the end is no fault: the server needs no more of the request.
  if (stream.rstCode !== 0 && !stream.readableEnded) throw new Error(`reset with ${stream.rstCode}`)
  return { status: headers[':status'], headers, body: Buffer.concat(chunks), trailers, interim }
}
