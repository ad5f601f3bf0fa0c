import replyFrom from '@fastify/reply-from'
import type { FastifyInstance, FastifyReply } from 'fastify'
import type { ExchangeAgent } from '../lib/dispatch/exchange-agent.ts'

/**
 * What `reply.from` is called with. Never connected to: the exchange knows its upstream and its path. An absolute URL
 * and no `base`, so that one URL is parsed for a request and not two.
 */
export const SOURCE = 'http://upstream.invalid/'

/**
 * Registers @fastify/reply-from in the scope of a location, with the location's dispatcher as its agent.
 *
 * Its `reply.from` is taken as it registers it, and does not become a decorator. Fastify gives the requests and replies
 * of scopes without decorators one class, and those of a scope with one a class of their own (`route.js`,
 * `kHasBeenDecorated`); with as many classes as locations every inline cache of V8 along the way of a request misses,
 * in Fastify and here: 1.3 of the CPU of a request at 10 prefixes, 1.6 at 100. For the same reason the gateway's own
 * state is assigned to the request and not decorated. It also leaves a reply-from of the host's in peace, whose
 * decorator would collide.
 * @returns `reply.from`, to be called on a reply of this scope
 * @see docs/fastify-request-classes.patch, which would mend it in Fastify
 */
export async function registerReplyFrom (scope: FastifyInstance, agent: ExchangeAgent): Promise<FastifyReply['from']> {
  let from: FastifyReply['from'] | undefined
  const decorateReply = Object.getOwnPropertyDescriptor(scope, 'decorateReply')
  scope.decorateReply = function takeFrom (_name: string, method: FastifyReply['from']) {
    from = method
    return scope
  } as unknown as typeof scope.decorateReply
  await scope.register(replyFrom, {
    undici: agent as never,
    // No agents of its own, which it would make for every location and never use.
    globalAgent: true,
    // Its cache of URLs costs more than it saves: there is one URL.
    disableCache: true,
    disableRequestLogging: true,
  })
  if (decorateReply === undefined) Reflect.deleteProperty(scope, 'decorateReply')
  else Object.defineProperty(scope, 'decorateReply', decorateReply)
  return from!
}
