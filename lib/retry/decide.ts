import type { RetryRule } from '../configuration/types.ts'

/**
 * How far an attempt got:
 * - `unsent`: no byte of the request left (refused, connect timeout, TLS failure, name not found)
 * - `unanswered`: it left, and the connection broke before the whole head of an answer was here
 * - `timed-out`: it left, and no head came in time
 * - `refused`: its answer has one of the rule's `statusCodes`, and has not been passed on
 * - `final`: anything else (not HTTP, the client's own fault, an answer that has been passed on)
 */
export type Phase = 'unsent' | 'unanswered' | 'timed-out' | 'refused' | 'final'

/** Where a request may be sent again; `elsewhere` is only on another upstream. */
export type Repetition = 'never' | 'elsewhere' | 'anywhere'

/** An attempt that brought no answer for the client. */
export interface FailedAttempt {
  phase: Phase
  method: string
  /** Made so far, with this one. */
  tries: number
  /** All of the body can be sent again; so it is when there is none. */
  isBodyKept: boolean
  /** Nothing of the body has been read yet. */
  isBodyUntouched: boolean
}

/**
 * Whether a request may be sent again; the budget is asked after this. What has left may have been acted on, also when
 * nothing came back: only the rule's methods are repeated then, compared with their case (RFC 9110, 9.1 and 9.2.2).
 * @param rule - `null` when requests are sent once
 */
export function decideRepetition (rule: RetryRule | null, attempt: FailedAttempt): Repetition {
  const { phase, method, tries, isBodyKept, isBodyUntouched } = attempt
  if (rule === null || tries > rule.attempts || phase === 'final') return 'never'
  if (phase === 'unsent') return isBodyKept || isBodyUntouched ? 'anywhere' : 'never'
  if (!isBodyKept || !rule.methods.includes(method)) return 'never'
  // Who hangs would hang again, for as long.
  return phase === 'timed-out' ? 'elsewhere' : 'anywhere'
}

/** Whether an answer is worth another try: the attempt's phase is `refused` then. */
export function isRetryStatus (rule: RetryRule | null, statusCode: number): boolean {
  return rule !== null && rule.statusCodes.includes(statusCode)
}
