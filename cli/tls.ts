import type { Http2SecureServer } from 'node:http2'
import type { FastifyInstance } from 'fastify'
import { describeExpiry, readValidity } from '../lib/tls/certificate.ts'
import { type PemPair, type PemSources, readPems } from '../lib/tls/pem.ts'
import { type Outcome, Renewal } from '../lib/tls/certificate-reloader.ts'
import { secureContextOptions } from '../lib/tls/server-options.ts'

/** Milliseconds from one look at the files to the next. */
const POLL_INTERVAL = 1000

/**
 * Keeps the certificate of a server that runs the one that is in its files, until the server closes. Connections that
 * there are keep theirs; the next handshake gets the new one.
 * @param pair - what the server was made with
 * @returns looks at once, for who asks for it, and writes what came of it into the log
 */
export function keepCertificate (fastify: FastifyInstance, sources: PemSources, pair: PemPair): () => Promise<void> {
  const server = fastify.server as unknown as Http2SecureServer
  const renewal = new Renewal(pair, {
    read: () => readPems(sources),
    use: renewed => server.setSecureContext(secureContextOptions(renewed)),
    report: outcome => reportOutcome(fastify, outcome),
  })
  reportExpiry(fastify, pair)
  // One after the other: a file system that hangs must not pile them up. A server that has stopped makes no handshakes.
  async function poll (): Promise<void> {
    if (!server.listening) return
    await renewal.poll()
    setTimeout(poll, POLL_INTERVAL).unref()
  }
  setTimeout(poll, POLL_INTERVAL).unref()
  return () => renewal.renew()
}

function reportOutcome (fastify: FastifyInstance, outcome: Outcome): void {
  switch (outcome.kind) {
    case 'renewed':
      fastify.log.info({ validTo: new Date(readValidity(outcome.pair.cert).to) }, 'new certificate, from the next connection on')
      return reportExpiry(fastify, outcome.pair)
    case 'same': return fastify.log.info('the certificate is the same as before')
    case 'refused': return fastify.log.error({ err: outcome.error }, 'the new certificate cannot be used; the one before stays')
  }
}

function reportExpiry (fastify: FastifyInstance, { cert }: PemPair): void {
  const fault = describeExpiry(readValidity(cert), Date.now())
  if (fault !== undefined) fastify.log.warn(fault)
}
