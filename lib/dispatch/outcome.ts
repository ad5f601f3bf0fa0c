import type { GatewayError } from '../errors.ts'
import type { Result } from '../health/outlier-detector.ts'
import type { Phase } from '../retry/decide.ts'
import { UnprocessedError, UnsupportedError } from '../transport/errors.ts'

const UPSTREAM_FAULTS = new Set([
  'GW_ERR_UPSTREAM_UNREACHABLE', 'GW_ERR_BAD_UPSTREAM_RESPONSE', 'GW_ERR_UPSTREAM_TIMEOUT',
])

/** What the status of a response means for outlier detection. */
export function classifyStatus (statusCode: number): Result {
  return statusCode >= 500 ? 'error-status' : 'success'
}

/** What a failure means for outlier detection: nothing when the client left or stalled, or the gateway shuts down. */
export function classifyFailure ({ code, cause }: GatewayError): Result {
  return UPSTREAM_FAULTS.has(code) && !isBlameless(cause) ? 'local-error' : 'neutral'
}

/** A client could eject an upstream with what its protocol cannot carry, and a restart in good order is no fault. */
function isBlameless (cause: unknown): boolean {
  return cause instanceof UnsupportedError || (cause instanceof UnprocessedError && cause.isGracefulClose)
}

/**
 * How far an attempt got that failed without a response, for the retry decision.
 * @param hasConnected - it had a connection, so that bytes may have been sent
 */
export function classifyPhase ({ code, cause }: GatewayError, hasConnected: boolean): Phase {
  if (!UPSTREAM_FAULTS.has(code)) return 'final'
  if (!hasConnected || cause instanceof UnprocessedError) return 'unsent'
  if (code === 'GW_ERR_UPSTREAM_TIMEOUT') return 'timed-out'
  return code === 'GW_ERR_UPSTREAM_UNREACHABLE' ? 'unanswered' : 'final'
}
