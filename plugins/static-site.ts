import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import fastifyStatic from '@fastify/static'
import { NOT_A_PATH } from '../lib/routing/upstream-path.ts'
import { parseRequestTarget, splitQuery } from '../lib/routing/request-target.ts'
import { chooseCacheControl } from '../lib/static/cache-control.ts'
import { findFile, isNavigation, resolveSitePath } from '../lib/static/find-file.ts'
import type { StaticSite } from '../lib/static/site.ts'
import { refuseMalformed, refusePath } from '../routes/local-replies.ts'

export interface StaticSiteOptions {
  site: StaticSite
  /** The target of the request line, as the client wrote it. */
  readTarget: (request: FastifyRequest) => string
}

/**
 * The site beside the apps, registered with its prefix. Not wrapped: `reply.sendFile` is of this scope, the server may
 * have its own.
 */
export default async function staticSite (
  fastify: FastifyInstance,
  { site, readTarget }: StaticSiteOptions
): Promise<void> {
  await fastify.register(fastifyStatic, {
    root: site.root,
    serve: false,
    dotfiles: 'ignore',
    preCompressed: true,
    cacheControl: false,
    setHeaders: (reply, path) => {
      reply.header('cache-control', chooseCacheControl(path))
    },
  })
  fastify.addHook('onRequest', refuseMalformed)

  for (const url of fastify.prefix === '' ? ['/*'] : ['', '/*']) {
    fastify.route({
      method: ['GET', 'HEAD'],
      url,
      exposeHeadRoute: false,
      handler: (request, reply) => serve(site, readTarget(request), request, reply),
    })
  }
}

async function serve (
  site: StaticSite,
  requestTarget: string,
  { headers }: FastifyRequest,
  reply: FastifyReply
): Promise<FastifyReply> {
  const target = parseRequestTarget(requestTarget)?.target
  const path = target === undefined ? NOT_A_PATH : resolveSitePath(site.prefix, target)
  if (typeof path === 'object') {
    refusePath(reply, path)
    return reply
  }
  if (path === undefined) return notFound(reply)

  const found = await findFile(site.root, path)
  if (found?.kind === 'file') return reply.sendFile(found.path)
  if (found?.kind === 'folder') return reply.redirect(withSlash(target!), 301)
  return site.spa && isNavigation(path, headers) ? reply.sendFile('/index.html') : notFound(reply)
}

/** It has no empty segment, or there would be no such folder: no browser takes it for another host. */
function withSlash (target: string): string {
  const [path, query] = splitQuery(target)
  return `${path}/${query}`
}

/** In a server of somebody else's, the answer is theirs. */
function notFound (reply: FastifyReply): FastifyReply {
  reply.callNotFound()
  return reply
}
