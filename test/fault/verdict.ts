import type { IncomingMessage } from 'node:http'
import { answerBody, type Task } from './task.ts'

/** What a client got to see: an answer, whole or not, none, or no end at all. */
export type Seen =
  | { kind: 'response', response: IncomingMessage, body: Buffer }
  | { kind: 'nothing', error: Error }
  | { kind: 'hanging', response: IncomingMessage | undefined, body: Buffer }

export type Verdict =
  /** The one right answer, whole. */
  | { kind: 'answered' }
  /** The upstream's own 503. */
  | { kind: 'busy' }
  /** An error of the gateway's, which says so. */
  | { kind: 'failed', code: string }
  /** An answer that visibly breaks off, and is right up to there. */
  | { kind: 'broken' }
  /** The connection broke before there was an answer. */
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

/** Whether what came of a task is a right answer, an honest error, or something that must never happen. */
export function judge (task: Task, seen: Seen): Verdict {
  if (seen.kind === 'nothing') return { kind: 'unanswered', error: seen.error }
  if (seen.kind === 'hanging') return wrong(`hangs, ${seen.response === undefined ? 'without an answer' : `after ${seen.body.length} bytes`}`)
  const { response, body } = seen
  if (response.headers['x-request-id'] !== `task-${task.id}`) return wrong(`has the id ${response.headers['x-request-id']}`)
  if (response.statusCode === 200) return judgeAnswer(task, response, body)
  if (!response.complete) return { kind: 'broken' }
  return judgeError(response, body.toString())
}

function judgeAnswer (task: Task, { complete, headers }: IncomingMessage, body: Buffer): Verdict {
  const expected = answerBody(task)
  if (headers['x-task'] !== String(task.id)) return wrong(`has the answer to task ${headers['x-task']}`)
  if (!body.equals(expected.subarray(0, body.length))) return wrong(`has a wrong body of ${body.length} bytes`)
  if (!complete) return { kind: 'broken' }
  return body.length === expected.length ? { kind: 'answered' } : wrong(`looks complete with ${body.length} bytes`)
}

function judgeError ({ statusCode, headers }: IncomingMessage, text: string): Verdict {
  if (statusCode === 503 && text === 'busy') return { kind: 'busy' }
  const error = parseJson(text)
  const keys = Object.keys(error).sort().join()
  const code = String(error.code)
  if (keys !== 'code,error,message,statusCode') return wrong(`has status ${statusCode} and no error of the gateway's: ${text}`)
  if (statuses[code] !== statusCode || error.statusCode !== statusCode) return wrong(`has status ${statusCode} and ${text}`)
  if (statusCode === 503 && !/^\d+$/.test(headers['retry-after'] ?? '')) return wrong('has a 503 without Retry-After')
  if (/127\.0\.0\.1|\bat |UND_ERR|ECONN/.test(text)) return wrong(`tells too much: ${text}`)
  return { kind: 'failed', code }
}

function parseJson (text: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(text))
  } catch {
    return {}
  }
}

function wrong (what: string): Verdict {
  return { kind: 'wrong', what }
}
