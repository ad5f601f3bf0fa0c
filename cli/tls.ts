import { createSecureServer, type Http2SecureServer } from 'node:http2'
import type { FastifyInstance, FastifyServerOptions } from 'fastify'
import type { ResolvedOptions } from '../lib/options/resolve.ts'
import { describeExpiry, readValidity } from '../lib/tls/certificate.ts'
import { CertificateReloader, type ReloadResult } from '../lib/tls/certificate-reloader.ts'
import { type PemPair, type PemSources, readPems } from '../lib/tls/pem.ts'
import { secureContextOptions, secureServerOptions } from '../lib/tls/server-options.ts'

/** Milliseconds between two reads of the certificate files. */
const POLL_INTERVAL = 1000

/**
 * Options that make Fastify's server one over TLS. The server is made here and not by Fastify, which would make a
 * second one for `--host localhost`, and neither a new certificate nor a shutdown would reach that one.
 */
export function createTlsOptions (pair: PemPair, { server }: Pick<ResolvedOptions, 'server'>): FastifyServerOptions {
  const serverFactory = (handler: Parameters<typeof createSecureServer>[1]) =>
    createSecureServer(secureServerOptions(pair, server), handler)
  // `https` is for Fastify's log line with the address, and for plugins that look at the kind of the server.
  const options = { http2: true, https: { allowHTTP1: true }, serverFactory }
  // Fastify has a type for every kind of server. All of the gateway is written for that of HTTP/1.1.
  return options as unknown as FastifyServerOptions
}

/**
 * Replaces the certificate of a running server whenever its files change, until the server closes. Open connections
 * keep the old one; the next handshake gets the new one.
 * @param pair - the current certificate
 * @returns reloads the files at once, and logs the result
 */
export function watchCertificate (fastify: FastifyInstance, sources: PemSources, pair: PemPair): () => Promise<void> {
  const server = fastify.server as unknown as Http2SecureServer
  const reloader = new CertificateReloader(pair, {
    read: () => readPems(sources),
    use: replacement => server.setSecureContext(secureContextOptions(replacement)),
    onResult: result => logResult(fastify, result),
  })
  logExpiry(fastify, pair)
  // One poll after the other, so that they do not pile up on a file system that hangs.
  async function poll (): Promise<void> {
    if (!server.listening) return
    await reloader.poll()
    setTimeout(poll, POLL_INTERVAL).unref()
  }
  setTimeout(poll, POLL_INTERVAL).unref()
  return () => reloader.reload()
}

function logResult (fastify: FastifyInstance, result: ReloadResult): void {
  const { log } = fastify
  switch (result.kind) {
    case 'replaced':
      log.info({ validTo: new Date(readValidity(result.pair.cert).to) }, 'new certificate, from the next connection on')
      return logExpiry(fastify, result.pair)
    case 'unchanged': return log.info('the certificate is the same as before')
    case 'rejected': return log.error({ err: result.error }, 'the new certificate cannot be used; the one before stays')
  }
}

function logExpiry (fastify: FastifyInstance, { cert }: PemPair): void {
  const warning = describeExpiry(readValidity(cert), Date.now())
  if (warning !== undefined) fastify.log.warn(warning)
}
