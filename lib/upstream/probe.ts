import http from 'node:http'
import https from 'node:https'
import { isIP } from 'node:net'
import { joinBase } from '../location/path.ts'
import type { HealthCheckRule, UpstreamTarget } from '../location/types.ts'
import { trustOf } from './identity.ts'

/** Asks an upstream whether it is well: on a connection of its own, once, without following redirects. */
export class Probe {
  readonly #request: http.ClientRequest
  readonly #timer: NodeJS.Timeout
  readonly #done: (hasPassed: boolean) => void
  #isOver = false

  /** @param done - called once, unless the probe is stopped: whether the answer's status came in time and is an expected one */
  constructor (target: UpstreamTarget, rule: HealthCheckRule, done: (hasPassed: boolean) => void) {
    this.#done = done
    this.#request = ask(target, rule)
    const [first, last] = rule.expectedStatus
    this.#request.on('response', ({ statusCode = 0 }) => this.#end(statusCode >= first && statusCode <= last))
      // A switch of protocols and a tunnel are no answers.
      .on('upgrade', () => this.#end(false)).on('connect', () => this.#end(false))
      .on('error', () => this.#end(false))
    this.#timer = setTimeout(() => this.#end(false), rule.timeout).unref()
    this.#request.end()
  }

  /** Ends it without a result. */
  stop (): void {
    this.#isOver = true
    clearTimeout(this.#timer)
    // Of the body nothing is of interest, however long it is.
    this.#request.destroy()
  }

  #end (hasPassed: boolean): void {
    if (this.#isOver) return
    this.stop()
    this.#done(hasPassed)
  }
}

function ask (target: UpstreamTarget, rule: HealthCheckRule): http.ClientRequest {
  const { hostname, port } = new URL(target.origin)
  const name = hostname.replace(/^\[|\]$/g, '')
  const options: https.RequestOptions = {
    host: name,
    port,
    path: joinBase(target.basePath, rule.path),
    method: rule.method,
    headers: withDefaults(rule.headers, { Host: target.host, 'User-Agent': 'fastify-gateway health check', Connection: 'close' }),
    agent: false,
  }
  if (!target.isSecure) return http.request(options)
  const servername = isIP(name) === 0 ? name : ''
  return https.request({ ...options, servername, ...trustOf(target) })
}

/** Names are the same whatever their case. */
function withDefaults (headers: HealthCheckRule['headers'], defaults: Record<string, string>): Record<string, string> {
  const given = new Set(Object.keys(headers).map(name => name.toLowerCase()))
  const missing = Object.entries(defaults).filter(([name]) => !given.has(name.toLowerCase()))
  return { ...Object.fromEntries(missing), ...headers }
}
