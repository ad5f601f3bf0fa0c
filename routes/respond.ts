import { STATUS_CODES } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Exchange } from '../lib/dispatch/exchange.ts'
import { isHttp2, resetStream } from '../lib/downstream/http-version.ts'
import { lingerOnClose } from '../lib/downstream/connection-close.ts'
import { deferHead, endInOneWrite } from '../lib/downstream/node-internals.ts'
import type { ResponseBody } from '../lib/downstream/response-body.ts'
import { EventStreamBody } from '../lib/event-stream/event-stream-body.ts'
import { prepareEventStream } from '../lib/event-stream/response-head.ts'
import { foldRepeated } from '../lib/headers/http2.ts'
import type { HeaderRecord } from '../lib/headers/response.ts'
import type { UpstreamResponse } from '../lib/dispatch/response-assembly.ts'
import { sendEventStream } from './event-stream.ts'
import { stateOf } from './request-state.ts'
import { joinTunnel } from './websocket.ts'

/**
 * The head of a response on its way to the client: reply-from's `rewriteHeaders`, which runs before its `onResponse`.
 * @param isStopping - the gateway stops: the client is to open its next connection elsewhere
 */
export function finishHead (request: FastifyRequest, isStopping: boolean): HeaderRecord {
  const { reply, exchange } = stateOf(request)!
  const { headers, isEventStream } = exchange!.response!
  const { raw } = request
  if (isEventStream) prepareEventStream(headers)
  giveWayToHooks(headers, reply)
  if (isHttp2(raw)) return foldRepeated(headers)
  // HTTP/2 has a frame for that. A connection whose request has not been read to its end cannot take another one.
  if (isStopping || !raw.complete) headers.connection = 'close'
  return headers
}

/** Fields that describe the app's body or its framing, of which a hook before the response can know nothing. */
const OF_THE_BODY: ReadonlySet<string> = new Set([
  'content-type', 'content-encoding', 'content-length', 'content-range', 'transfer-encoding', 'trailer', 'connection',
])

/**
 * What hooks have set on the reply before the response is what the client receives: the app's fields of these names
 * give way. Cookies are both's, and so is `Vary`. `X-Request-Id` has been set by the gateway, and the app may name it
 * itself.
 */
function giveWayToHooks (headers: HeaderRecord, reply: FastifyReply): void {
  const own = reply.getHeaders()
  for (const name of Object.keys(own)) {
    const value = headers[name]
    if (value === undefined || name === 'x-request-id' || name === 'set-cookie' || OF_THE_BODY.has(name)) continue
    if (name === 'vary') headers.vary = [value, own.vary as string | string[]].flat().join(', ')
    else delete headers[name]
  }
}

/**
 * Gives the head of a response that switches protocols, which no `onSend` hook sees, what such a hook would give it.
 */
export type SwitchHook = (request: FastifyRequest, reply: FastifyReply) => void

/** Sends the response of an upstream, whose head the reply has already: reply-from's `onResponse`. */
export function respond (request: FastifyRequest, reply: FastifyReply, switchHooks: readonly SwitchHook[]): void {
  const exchange = stateOf(request)!.exchange!
  const { tunnel } = exchange
  const { headers, body } = exchange.response!
  if (tunnel !== null) {
    for (const hook of switchHooks) hook(request, reply)
    return joinTunnel(request, reply, tunnel)
  }
  if (!isHttp2(reply.raw)) prepareConnection(request, reply, exchange.response!)
  dropFraming(reply, headers)
  if (Buffer.isBuffer(body)) sendBuffer(reply, body)
  else if (body === null) sendHead(reply, headers)
  else if (body.isEmpty && isHttp2(reply.raw)) {
    exchange.dropBody()
    sendHead(reply, headers)
  } else sendStream(request, reply, exchange, body)
}

function sendStream (
  request: FastifyRequest,
  reply: FastifyReply,
  { request: { acceptsTrailers }, response }: Exchange,
  body: ResponseBody
): void {
  body.on('error', () => breakOff(reply, body))
  if (acceptsTrailers && canCarryTrailers(request, response!)) body.announcement = response!.trailer!
  if (body instanceof EventStreamBody) sendEventStream(reply, body)
  else reply.send(body)
}

/** Whether the response's framing can carry them, which node decides by the same facts. */
function canCarryTrailers ({ raw }: FastifyRequest, { trailer, headers }: UpstreamResponse): boolean {
  if (trailer === undefined || raw.httpVersion === '1.0' || raw.method === 'HEAD') return false
  return headers['content-length'] === undefined
}

/**
 * How the body is framed, a hook cannot have known. To remove what is not there would have node frame it by its
 * connection's end.
 */
function dropFraming (reply: FastifyReply, headers: HeaderRecord): void {
  if (headers['content-length'] === undefined && reply.hasHeader('content-length')) reply.removeHeader('content-length')
  if (reply.hasHeader('transfer-encoding')) reply.removeHeader('transfer-encoding')
}

function prepareConnection (
  { raw }: FastifyRequest,
  reply: FastifyReply,
  { statusCode, statusText }: UpstreamResponse
): void {
  if (!raw.complete && !raw.readableEnded) lingerOnClose(raw.socket)
  // The usual one node adds, also when a hook has changed the status.
  if (statusText !== STATUS_CODES[statusCode] && isReasonPhrase(statusText)) reply.raw.statusMessage = statusText
}

/** RFC 9112, 4, less the bytes above 127: node would write them as UTF-8, or throw. */
function isReasonPhrase (text: string): boolean {
  return /^[\t\x20-\x7e]+$/.test(text)
}

function sendBuffer (reply: FastifyReply, body: Buffer): void {
  if (!isHttp2(reply.raw)) endInOneWrite(reply.raw)
  reply.send(body)
}

/**
 * In HTTP/2 the head can be the end of a response, and to gRPC that makes a difference: what stands in it then are
 * trailers.
 */
function sendHead (reply: FastifyReply, headers: HeaderRecord): void {
  if (isHttp2(reply.raw)) deferHead(reply.raw, headers['content-length'] !== undefined)
  reply.send()
}

/**
 * Before the head has left, Fastify sends an error in its place. What a hook has put in place of the body ends by
 * itself over HTTP/1.
 */
function breakOff ({ raw }: FastifyReply, { isSent }: ResponseBody): void {
  if (!raw.headersSent) return
  // Fastify would destroy it without an error, and node say that there was none.
  if (isHttp2(raw)) resetStream(raw)
  else if (isSent) raw.destroy()
}
