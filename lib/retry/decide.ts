import type { RetryRule } from '../location.ts'

/**
 * How far a failed attempt got:
 * - `unsent`: no byte of the request was sent (refused, connect timeout, TLS failure, name not found)
 * - `unanswered`: it was sent, and the connection broke before the response head was complete
 * - `timed-out`: it was sent, and no response head came in time
 * - `refused`: the response has one of the rule's `statusCodes`, and has not been forwarded
 * - `final`: anything else (not HTTP, a fault of the client, a response that has been forwarded)
 */
export type Phase = 'unsent' | 'unanswered' | 'timed-out' | 'refused' | 'final'

/** Where a request may be sent again; `elsewhere` is another upstream only. */
export type RetryDecision = 'never' | 'elsewhere' | 'anywhere'

/** An attempt without a response for the client. */
export interface FailedAttempt {
  phase: Phase
  method: string
  /** Attempts so far, this one included. */
  tries: number
  /** The whole body can be sent again; also when there is none. */
  isBodyKept: boolean
  /** No byte of the body has been read yet. */
  isBodyUntouched: boolean
}

/**
 * Decides whether a request may be sent again; the budget is checked afterwards. A request that was sent may have been
 * processed, also without a response: then only the rule's methods are retried, compared with their case (RFC 9110, 9.1
 * and 9.2.2).
 * @param rule - `null` when the location has no retries
 */
export function decideRetry (rule: RetryRule | null, attempt: FailedAttempt): RetryDecision {
  const { phase, method, tries, isBodyKept, isBodyUntouched } = attempt
  if (rule === null || tries > rule.attempts || phase === 'final') return 'never'
  if (phase === 'unsent') return isBodyKept || isBodyUntouched ? 'anywhere' : 'never'
  if (!isBodyKept || !rule.methods.includes(method)) return 'never'
  // An upstream that hangs would hang again, for as long.
  return phase === 'timed-out' ? 'elsewhere' : 'anywhere'
}

/** Whether a response is worth a retry: the attempt's phase is `refused` then. */
export function isRetryStatus (rule: RetryRule | null, statusCode: number): boolean {
  return rule !== null && rule.statusCodes.includes(statusCode)
}
