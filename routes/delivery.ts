import type { FastifyReply, FastifyRequest } from 'fastify'
import { isHttp2 } from '../lib/client/http-version.ts'
import { writeInterim } from '../lib/client/interim-response.ts'
import type { GatewayError } from '../lib/errors.ts'
import { finishResponseHeaders } from '../lib/headers/finish-response.ts'
import { foldRepeated } from '../lib/headers/http2-response.ts'
import type { AnswerHead } from '../lib/headers/response.ts'
import type { Place } from '../lib/rewrite/place.ts'
import type { HeaderRewriter } from '../lib/rewrite/response-headers.ts'
import type { Answer } from '../lib/upstream/answer-assembly.ts'
import type { ExchangeListener } from '../lib/upstream/exchange.ts'
import { type AnswerSender, prepareAnswer, sendFailure } from './answer.ts'
import { joinTunnel } from './tunnel.ts'

/** What is done with the answers of a location. */
export interface DeliveryRules {
  /** `null` where headers stay as they are. */
  rewriteHeaders: HeaderRewriter | null
  sendOriginal: AnswerSender
  /** For answers to GET and HEAD, which may be documents. */
  sendContent: AnswerSender
  isDraining: () => boolean
  /** Where the client of a request sees the location. */
  placeOf: (request: FastifyRequest) => Place
}

/** Brings the client what becomes of its request. */
export class Delivery implements ExchangeListener {
  readonly #request: FastifyRequest
  readonly #reply: FastifyReply
  readonly #rules: DeliveryRules

  constructor (request: FastifyRequest, reply: FastifyReply, rules: DeliveryRules) {
    this.#request = request
    this.#reply = reply
    this.#rules = rules
  }

  informed ({ statusCode, headers }: AnswerHead): void {
    writeInterim(this.#reply.raw, statusCode, headers)
  }

  answered (answer: Answer): void {
    const request = this.#request
    const reply = this.#reply
    this.#finish(answer)
    if (request.exchange!.tunnel !== null) return joinTunnel(request, reply.headers(answer.headers))
    prepareAnswer(request, reply, answer)
    const { sendContent, sendOriginal } = this.#rules
    const send = request.method === 'GET' || request.method === 'HEAD' ? sendContent : sendOriginal
    send(request, reply, answer)
  }

  failed (error: GatewayError): void {
    sendFailure(this.#request, this.#reply, error)
  }

  /** The headers are the client's from here on. */
  #finish ({ headers }: Answer): void {
    const { rewriteHeaders, isDraining, placeOf } = this.#rules
    const request = this.#request
    const speaksHttp2 = isHttp2(request.raw)
    rewriteHeaders?.(headers, () => placeOf(request))
    // HTTP/2 has a frame for that.
    finishResponseHeaders(headers, { requestId: request.gatewayId, isDraining: !speaksHttp2 && isDraining() })
    if (speaksHttp2) foldRepeated(headers)
  }
}
