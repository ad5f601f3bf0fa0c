import http from 'node:http'
import https from 'node:https'
import { askHttp2 } from '../http2/ask.ts'
import { joinBase } from '../routing/upstream-path.ts'
import type { HealthCheckRule, UpstreamTarget } from '../configuration/types.ts'
import { serverNameOf, verificationOf } from '../transport/tls-options.ts'

/** Asks an upstream whether it is well: on a connection of its own, once, without following redirects. */
export class Probe {
  readonly #leave: () => void
  readonly #timer: NodeJS.Timeout
  readonly #done: (hasPassed: boolean) => void
  #isOver = false

  /** @param done - called once, unless the probe is stopped: whether the answer's status came in time and is an expected one */
  constructor (target: UpstreamTarget, rule: HealthCheckRule, done: (hasPassed: boolean) => void) {
    this.#done = done
    const [first, last] = rule.expectedStatus
    const ask = target.isHttp2 ? askHttp2 : askHttp1
    this.#leave = ask(target, questionOf(target, rule), statusCode => this.#end(statusCode !== null && statusCode >= first && statusCode <= last))
    this.#timer = setTimeout(() => this.#end(false), rule.timeout).unref()
  }

  /** Ends it without a result. */
  stop (): void {
    this.#isOver = true
    clearTimeout(this.#timer)
    // Of the body nothing is of interest, however long it is.
    this.#leave()
  }

  #end (hasPassed: boolean): void {
    if (this.#isOver) return
    this.stop()
    this.#done(hasPassed)
  }
}

/** What is asked. Names of `headers` are as the user wrote them. */
export interface Question {
  method: string
  path: string
  headers: Readonly<Record<string, string>>
}

function questionOf (target: UpstreamTarget, { method, path, headers }: HealthCheckRule): Question {
  return {
    method,
    path: joinBase(target.basePath, path),
    headers: withDefaults(headers, { Host: target.host, 'User-Agent': 'fastify-gateway health check', Connection: 'close' }),
  }
}

/**
 * @param done - gets the status of an answer, or `null` when there is none; perhaps more than once
 * @returns ends it
 */
function askHttp1 (target: UpstreamTarget, question: Question, done: (statusCode: number | null) => void): () => void {
  const request = open(target, { ...question, agent: false })
  request.on('response', ({ statusCode = null }) => done(statusCode))
    // A switch of protocols and a tunnel are no answers.
    .on('upgrade', () => done(null)).on('connect', () => done(null))
    .on('error', () => done(null))
  request.end()
  return () => request.destroy()
}

function open (target: UpstreamTarget, options: https.RequestOptions): http.ClientRequest {
  if (target.socketPath !== null) return http.request({ ...options, socketPath: target.socketPath })
  const { hostname: host, port } = target
  const where = { ...options, host, port }
  if (!target.isSecure) return http.request(where)
  return https.request({ ...where, servername: serverNameOf(host), ...verificationOf(target) })
}

/** Names are the same whatever their case. */
function withDefaults (headers: HealthCheckRule['headers'], defaults: Record<string, string>): Record<string, string> {
  const given = new Set(Object.keys(headers).map(name => name.toLowerCase()))
  const missing = Object.entries(defaults).filter(([name]) => !given.has(name.toLowerCase()))
  return { ...Object.fromEntries(missing), ...headers }
}
