import { createSecureServer } from 'node:http2'
import type { FastifyServerOptions } from 'fastify'
import type { ResolvedOptions } from '../lib/options/resolve.ts'
import type { PemPair } from '../lib/tls/pem.ts'
import { secureServerOptions } from '../lib/tls/server-options.ts'

/**
 * What makes Fastify's server one over TLS. The server is made here and not by Fastify, because that would make a second
 * one for `--host localhost`, which no renewed certificate and no shutdown would reach.
 */
export function overTls (pair: PemPair, { server }: Pick<ResolvedOptions, 'server'>): FastifyServerOptions {
  const options = {
    http2: true,
    // For Fastify's line about its address, and to whom asks what kind of server this is.
    https: { allowHTTP1: true },
    serverFactory: (handler: Parameters<typeof createSecureServer>[1]) => createSecureServer(secureServerOptions(pair, server), handler),
  }
  // Fastify has a type of its own for every kind of server. Everything in the gateway is written for the one of HTTP/1.1.
  return options as unknown as FastifyServerOptions
}
