import type { FastifyReply } from 'fastify'
import { endInOneWrite } from '../lib/client/one-write.ts'
import type { Answer } from '../lib/upstream/answer-assembly.ts'
import { AnswerBody } from '../lib/upstream/answer-body.ts'

/**
 * Writes an answer that nobody else of the server has to see. Fastify would copy its headers twice, and pass a stream on
 * with watchers of its own; its onResponse hooks and its log come all the same. Over HTTP/1 only.
 * @throws what node says of a header that cannot be written; then nothing has been sent
 */
export function sendDirectly (reply: FastifyReply, { statusCode, headers, body }: Answer): void {
  const { raw } = reply
  addHeaders(headers, reply.getHeaders())
  raw.writeHead(statusCode, headers)
  reply.hijack()
  if (body instanceof AnswerBody) body.sendTo(raw)
  else if (body === null) raw.end()
  else endInOneWrite(raw, body)
}

/** How long the body is, the answer says, or nobody. */
const FRAMING = new Set(['content-length', 'transfer-encoding'])

/** What hooks of the server's have set, unless the answer says something else. Only cookies are both's. */
function addHeaders (headers: Answer['headers'], own: ReturnType<FastifyReply['getHeaders']>): void {
  for (const name in own) {
    const value = own[name]
    if (value === undefined || FRAMING.has(name)) continue
    if (headers[name] === undefined) headers[name] = Array.isArray(value) ? value : String(value)
    else if (name === 'set-cookie') headers[name] = [value, headers[name]].flat().map(String)
  }
}
