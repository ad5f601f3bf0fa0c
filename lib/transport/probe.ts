import http from 'node:http'
import https from 'node:https'
import { Http2Transport } from './http2/http2-transport.ts'
import type { HealthCheckRule, UpstreamTarget } from '../location.ts'
import { serverNameOf, verificationOf } from './tls-options.ts'
import { ignore } from '../ignore.ts'

/** The part of a health check that decides what is sent; names of `headers` are as the user wrote them. */
export type ProbeRequest = Pick<HealthCheckRule, 'method' | 'path' | 'headers'>

/** @param statusCode - of the response, or `null` when there is none; may be called more than once */
export type StatusListener = (statusCode: number | null) => void

/**
 * Sends one request of a health check to an upstream, on a connection of its own. Redirects are not followed, and a
 * body is not read.
 * @returns closes the connection, whatever is under way
 */
export function sendProbe (target: UpstreamTarget, rule: ProbeRequest, onStatus: StatusListener): () => void {
  const { method, path, headers } = rule
  const send = target.isHttp2 ? sendHttp2Probe : sendHttp1Probe
  const defaults = { Host: target.host, 'User-Agent': 'fastify-gateway health check', Connection: 'close' }
  return send(target, { method, path: target.basePath + path, headers: addDefaults(headers, defaults) }, onStatus)
}

function sendHttp1Probe (target: UpstreamTarget, probe: ProbeRequest, onStatus: StatusListener): () => void {
  const request = openRequest(target, { ...probe, agent: false })
  request.on('response', ({ statusCode = null }) => onStatus(statusCode))
    // A switch of protocols and a tunnel are no responses to a health check.
    .on('upgrade', () => onStatus(null)).on('connect', () => onStatus(null))
    .on('error', () => onStatus(null))
  request.end()
  return () => request.destroy()
}

function openRequest (target: UpstreamTarget, options: https.RequestOptions): http.ClientRequest {
  if (target.socketPath !== null) return http.request({ ...options, socketPath: target.socketPath })
  const host = target.hostname
  const address = { ...options, host, port: target.port }
  if (!target.isSecure) return http.request(address)
  return https.request({ ...address, servername: serverNameOf(host), ...verificationOf(target) })
}

function sendHttp2Probe (
  target: UpstreamTarget,
  { method, path, headers }: ProbeRequest,
  onStatus: StatusListener
): () => void {
  const connections = new Http2Transport(target, { connectTimeout: 0, maxConnections: 1 })
  connections.dispatch(
    { method, path, headers: Object.entries(headers).flat(), body: null, upgrade: null, trailers: null },
    {
      onConnect: ignore,
      onBodySent: ignore,
      onHeaders (statusCode) {
        if (statusCode >= 200) onStatus(statusCode)
        return true
      },
      onUpgrade: ignore,
      onData: () => true,
      onRead: ignore,
      onComplete: ignore,
      onError: () => onStatus(null),
    }
  )
  return () => {
    connections.destroy().catch(ignore)
  }
}

/** Adds the defaults that are not given; names are compared without case (RFC 9110, 5.1). */
function addDefaults (given: ProbeRequest['headers'], defaults: Record<string, string>): Record<string, string> {
  const names = new Set(Object.keys(given).map(name => name.toLowerCase()))
  const missing = Object.entries(defaults).filter(([name]) => !names.has(name.toLowerCase()))
  return { ...Object.fromEntries(missing), ...given }
}
