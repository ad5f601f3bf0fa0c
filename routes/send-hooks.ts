import type { FastifyReply, FastifyRequest } from 'fastify'

/** Tells whether an answer has to go through Fastify, because something of the server's is to see it or to follow it. */
export type SendHookReader = (request: FastifyRequest, reply: FastifyReply) => boolean

/**
 * Makes the function that tells whether a route has `onSend` hooks, of any scope above it or its own, or a reply trailers of
 * the server's. Fastify says neither; it keeps both under symbols, which are looked for by their names. Where one is not
 * found, in a Fastify that has changed, every answer has to go through it.
 */
export function createSendHookReader (): SendHookReader {
  let context: symbol | null | undefined
  let trailers: symbol | null | undefined
  return function hasSendHooks (request, reply) {
    context ??= findSymbol(request, 'fastify.context')
    trailers ??= findSymbol(reply, 'fastify.reply.trailers')
    return read(read(request, context), 'onSend') !== null || read(reply, trailers) !== null
  }
}

function findSymbol (owner: object, description: string): symbol | null {
  return Object.getOwnPropertySymbols(owner).find(symbol => symbol.description === description) ?? null
}

function read (owner: unknown, key: symbol | string | null): unknown {
  return key === null ? undefined : (owner as Record<symbol | string, unknown> | undefined)?.[key]
}
