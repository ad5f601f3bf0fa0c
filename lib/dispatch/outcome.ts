import type { Result } from '../health/outlier-detector.ts'
import type { Phase } from '../retry/decide.ts'
import type { GatewayError } from '../errors.ts'
import { UnprocessedError, UnsupportedError } from '../transport/errors.ts'

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
export function judgeFailure ({ code, cause }: GatewayError): Result {
  return BLAMED_ON_UPSTREAM.has(code) && !isBlameless(cause) ? 'local-error' : 'neutral'
}

/** A client could eject an upstream with what its protocol cannot carry, and a restart in good order is no fault. */
function isBlameless (cause: unknown): boolean {
  return cause instanceof UnsupportedError || (cause instanceof UnprocessedError && cause.isGracefulClose)
}

/**
 * How far an attempt got that failed without an answer.
 * @param wasSent - a connection had been there, so that bytes may have left
 */
export function phaseOf ({ code, cause }: GatewayError, wasSent: boolean): Phase {
  if (!BLAMED_ON_UPSTREAM.has(code)) return 'final'
  if (!wasSent || cause instanceof UnprocessedError) return 'unsent'
  if (code === 'GW_ERR_UPSTREAM_TIMEOUT') return 'timed-out'
  return code === 'GW_ERR_UPSTREAM_UNREACHABLE' ? 'unanswered' : 'final'
}
