import { once } from 'node:events'
import http, { type IncomingHttpHeaders } from 'node:http'
import https from 'node:https'
import type { Test } from 'tap'
import { fixture } from './certificates.ts'

/** What a client got to see of a response. */
export interface ReceivedResponse {
  statusCode: number
  statusMessage: string
  /** `1.1`, or `1.0`. */
  httpVersion: string
  headers: IncomingHttpHeaders
  /** Names and values in turn, as they came. */
  rawHeaders: string[]
  body: Buffer
  /** Whether the response ended the way its framing said. */
  isComplete: boolean
}

export interface RequestOptions {
  method?: string
  headers?: http.OutgoingHttpHeaders
  body?: Buffer | string
  /** A connection of its own by default. */
  agent?: http.Agent | false
}

/**
 * Sends a request over HTTP/1.1 and reads its response to its end, or to where it broke off. Rejects only when there is
 * no response at all.
 * @param to - a port of 127.0.0.1, or an origin; `https:` trusts the certificates of these tests
 * @param path - sent as it is
 */
export async function sendRequest (to: number | string, path: string, { method = 'GET', headers = {}, body, agent = false }: RequestOptions = {}): Promise<ReceivedResponse> {
  const options = { path, method, headers, agent }
  const request = typeof to === 'string' && to.startsWith('https:')
    ? https.request(to, { ...options, ca: [fixture('name.cert'), fixture('address.cert')] } as https.RequestOptions)
    : http.request(typeof to === 'number' ? `http://127.0.0.1:${to}` : to, options)
  request.end(body)
  const [response] = await once(request, 'response') as [http.IncomingMessage]
  // Afterwards a reset would find no listener.
  request.on('error', () => {})
  const chunks: Buffer[] = []
  response.on('data', chunk => chunks.push(chunk)).on('error', () => {})
  await new Promise<void>(resolve => { response.on('close', resolve) })
  return {
    statusCode: response.statusCode!,
    statusMessage: response.statusMessage!,
    httpVersion: response.httpVersion,
    headers: response.headers,
    rawHeaders: response.rawHeaders,
    body: Buffer.concat(chunks),
    isComplete: response.complete,
  }
}

/** The values of one header, in their order and each by itself. */
export function valuesOf ({ rawHeaders }: ReceivedResponse, name: string): string[] {
  return rawHeaders.filter((_value, index) => index % 2 === 1 && rawHeaders[index - 1]!.toLowerCase() === name)
}

/** A response of the gateway's own: Fastify's form, this code, and nothing about where the app runs. */
export function isGatewayError (
  t: Test,
  response: ReceivedResponse,
  statusCode: number,
  code: string,
  name = code
): void {
  const text = response.body.toString()
  const body = response.headers['content-type']?.startsWith('application/json') === true ? JSON.parse(text) : {}
  t.strictSame(
    {
      status: response.statusCode,
      statusCode: body.statusCode,
      code: body.code,
      keys: Object.keys(body).sort(),
      isComplete: response.isComplete,
    },
    { status: statusCode, statusCode, code, keys: ['code', 'error', 'message', 'statusCode'], isComplete: true },
    `${name} is answered ${statusCode} ${code}`
  )
  t.notMatch(
    text,
    /127\.0\.0\.1|localhost|\.invalid|node:|\.[jt]s\b|UND_ERR|HPE_|ECONN/,
    'without an address, a stack or an inner code'
  )
}

/** The gateway goes on serving, whatever has just happened. */
export async function stillServes (t: Test, port: number): Promise<void> {
  const response = await sendRequest(port, '/app/fine')
  t.strictSame([response.statusCode, response.body.toString()], [200, 'fine'], 'the next request is served')
}
