import type { Result } from '../health/outlier-detector.ts'
import type { Phase } from '../retry/decide.ts'
import type { GatewayError } from '../errors.ts'

/** How an attempt went, as far as its upstream is to blame: known with the head of its answer, or with its failure. */
export interface Outcome {
  result: Result
  /** What the pool said of it when it began. */
  isProbe: boolean
}

const BLAMED_ON_UPSTREAM = new Set(['GW_ERR_UPSTREAM_UNREACHABLE', 'GW_ERR_BAD_UPSTREAM_RESPONSE', 'GW_ERR_UPSTREAM_TIMEOUT'])

/** What an answer says of its upstream. */
export function judgeStatus (statusCode: number): Result {
  return statusCode >= 500 ? 'error-status' : 'success'
}

/** What a failure says of the upstream: of a client that left or stalled, or of the gateway's own stop, nothing. */
export function judgeFailure ({ code }: GatewayError): Result {
  return BLAMED_ON_UPSTREAM.has(code) ? 'local-error' : 'neutral'
}

/**
 * How far an attempt got that failed without an answer.
 * @param wasSent - a connection had been there, so that bytes may have left
 */
export function phaseOf ({ code }: GatewayError, wasSent: boolean): Phase {
  if (code === 'GW_ERR_UPSTREAM_TIMEOUT') return wasSent ? 'timed-out' : 'unsent'
  if (code === 'GW_ERR_UPSTREAM_UNREACHABLE') return wasSent ? 'unanswered' : 'unsent'
  return 'final'
}
