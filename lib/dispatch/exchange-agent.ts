import type { BodyReader } from './read-request-body.ts'
import type { Dispatcher } from './dispatcher.ts'
import type { Exchange, ResponseHandler } from './exchange.ts'

/**
 * The key under which an exchange travels through reply-from, which copies the headers of a request by `Object.assign`.
 */
export const EXCHANGE: unique symbol = Symbol('fastify-gateway.exchange')

/**
 * What `rewriteRequestHeaders` gives reply-from in place of headers: the exchange has them, in the client's order and
 * case.
 */
export interface ExchangeHeaders {
  [EXCHANGE]: Exchange
}

/** What @fastify/reply-from takes as its `undici` option: anything with undici's `request()`. */
export interface ExchangeAgent {
  request: (options: { headers: ExchangeHeaders }, callback: ResponseHandler) => void
}

/**
 * The dispatcher of a location as reply-from's agent: takes the exchange out of the headers, its body off the client's
 * connection, and starts it.
 */
export function createExchangeAgent (dispatcher: Pick<Dispatcher, 'forward'>, readBody: BodyReader): ExchangeAgent {
  return {
    request ({ headers: { [EXCHANGE]: exchange } }, callback) {
      exchange.expectResponse(callback)
      const { upload, request } = exchange
      if (upload === null) return dispatcher.forward(exchange)
      readBody(upload.source, upload.method, upload.contentLength, body => {
        request.body = body
        dispatcher.forward(exchange)
      })
    },
  }
}
