const DURATION = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/

const MILLISECONDS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }
const BYTES = { B: 1, KB: 1024, MB: 1024 ** 2, GB: 1024 ** 3 }

/** A duration as users write it, for the schema. */
export const DURATION_PATTERN = DURATION.source
/** A size as users write it, for the schema. */
export const SIZE_PATTERN = '^(\\d+(?:\\.\\d+)?)([bB]|[kKmMgG][bB])$'
const SIZE = new RegExp(SIZE_PATTERN)

/**
 * @param value - milliseconds, or a number with its unit: `"250ms"`, `"10s"`, `"5m"`, `"1h"`
 * @returns milliseconds, whole; `undefined` when it is no duration
 */
export function parseDuration (value: number | string): number | undefined {
  return parseUnit(value, DURATION, unit => MILLISECONDS[unit as keyof typeof MILLISECONDS])
}

/**
 * @param value - bytes, or a number with its unit: `"64KB"`, `"10MB"`; a kilobyte is 1024 bytes, as nginx counts
 * @returns bytes, whole; `undefined` when it is no size
 */
export function parseSize (value: number | string): number | undefined {
  return parseUnit(value, SIZE, unit => BYTES[unit.toUpperCase() as keyof typeof BYTES])
}

function parseUnit (value: number | string, form: RegExp, scale: (unit: string) => number): number | undefined {
  if (typeof value === 'number') return Number.isInteger(value) && value >= 0 ? value : undefined
  const match = form.exec(value)
  if (match === null) return undefined
  const [, amount, unit] = match
  // Rounded up, because 0 would mean no limit.
  return Math.ceil(Number(amount) * scale(unit!))
}
