import type { IncomingMessage } from 'node:http'
import { responseBody, type Task } from './task.ts'

/** What a client got to see: a response, whole or not, none, or no end at all. */
export type Seen =
  | { kind: 'response', response: IncomingMessage, body: Buffer }
  | { kind: 'nothing', error: Error }
  | { kind: 'hanging', response: IncomingMessage | undefined, body: Buffer }

export type RequestOutcome =
  /** The one right response, whole. */
  | { kind: 'answered' }
  /** The upstream's own 503. */
  | { kind: 'busy' }
  /** An error of the gateway's, which says so. */
  | { kind: 'failed', code: string }
  /** A response that visibly breaks off, and is right up to there. */
  | { kind: 'broken' }
  /** The connection broke before there was a response. */
  | { kind: 'unanswered', error: Error }
  /** What must never happen. */
  | { kind: 'wrong', what: string }

const statuses: Record<string, number> = {
  GW_ERR_UPSTREAM_UNREACHABLE: 502,
  GW_ERR_BAD_UPSTREAM_RESPONSE: 502,
  GW_ERR_NO_UPSTREAM: 503,
  GW_ERR_OVERLOADED: 503,
  GW_ERR_UPSTREAM_TIMEOUT: 504,
}

/** Whether the outcome of a task is a right response, an honest error, or something that must never happen. */
export function classifyOutcome (task: Task, seen: Seen): RequestOutcome {
  if (seen.kind === 'nothing') return { kind: 'unanswered', error: seen.error }
  if (seen.kind === 'hanging') return wrong(`hangs, ${seen.response === undefined ? 'without a response' : `after ${seen.body.length} bytes`}`)
  const { response, body } = seen
  if (response.headers['x-request-id'] !== `task-${task.id}`) return wrong(`has the id ${response.headers['x-request-id']}`)
  if (response.statusCode === 200) return classifyResponse(task, response, body)
  if (!response.complete) return { kind: 'broken' }
  return classifyError(response, body.toString())
}

function classifyResponse (task: Task, { complete, headers }: IncomingMessage, body: Buffer): RequestOutcome {
  const expected = responseBody(task)
  if (headers['x-task'] !== String(task.id)) return wrong(`has the response to task ${headers['x-task']}`)
  if (!body.equals(expected.subarray(0, body.length))) return wrong(`has a wrong body of ${body.length} bytes`)
  if (!complete) return { kind: 'broken' }
  return body.length === expected.length ? { kind: 'answered' } : wrong(`looks complete with ${body.length} bytes`)
}

function classifyError ({ statusCode, headers }: IncomingMessage, text: string): RequestOutcome {
  if (statusCode === 503 && text === 'busy') return { kind: 'busy' }
  const error = parseJson(text)
  const keys = Object.keys(error).sort().join()
  const code = String(error.code)
  if (keys !== 'code,error,message,statusCode') return wrong(`has status ${statusCode} and no error of the gateway's: ${text}`)
  if (statuses[code] !== statusCode || error.statusCode !== statusCode) return wrong(`has status ${statusCode} and ${text}`)
  if (statusCode === 503 && !/^\d+$/.test(headers['retry-after'] ?? '')) return wrong('has a 503 without Retry-After')
  if (/127\.0\.0\.1|\bat |UND_ERR|ECONN/.test(text)) return wrong(`shows too much: ${text}`)
  return { kind: 'failed', code }
}

function parseJson (text: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(text))
  } catch {
    return {}
  }
}

function wrong (what: string): RequestOutcome {
  return { kind: 'wrong', what }
}
