// What logs and other programs' headers can carry without harm.
const FINE = /^[\x21-\x7e]{1,200}$/

/** Whether a client's `X-Request-Id` may name its request in our logs and answers. */
export function isRequestId (value: unknown): value is string {
  return typeof value === 'string' && FINE.test(value)
}

/**
 * The id of a request: what its client calls it, or a new one.
 * @param given - its `X-Request-Id`
 * @param create - makes a new one
 */
export function chooseRequestId (given: unknown, create: () => string): string {
  return isRequestId(given) ? given : create()
}
