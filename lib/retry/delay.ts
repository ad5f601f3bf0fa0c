/** Bounds of a backoff, in milliseconds. */
const MIN_DELAY = 25
const MAX_DELAY = 250

/**
 * Draws the delay before a retry on the same upstream. Full jitter: any time between the shortest delay and a ceiling
 * that doubles from 50 to 250 ms, so that requests that failed together are not retried together.
 * @param retry - 1 for the first
 * @param random - from 0 to below 1
 * @returns milliseconds, from 25 to 250
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/, which draws from 0
 */
export function drawBackoff (retry: number, random: () => number): number {
  const ceiling = Math.min(MAX_DELAY, MIN_DELAY * 2 ** retry)
  return MIN_DELAY + random() * (ceiling - MIN_DELAY)
}

/** Longest wait that an upstream can request, in milliseconds: the client waits as long. */
export const MAX_RETRY_AFTER = 5000

const SECONDS = /^\d+$/
const TIME = String.raw`(?<time>\d\d:\d\d:\d\d)`
const DAY = 'Sun|Mon|Tues|Wednes|Thurs|Fri|Satur'
const MONTH = '(?<month>[A-Z][a-z]{2})'
// `Sun, 06 Nov 1994 08:49:37 GMT`, and the obsolete `Sunday, 06-Nov-94 08:49:37 GMT` and `Sun Nov  6 08:49:37 1994`.
const DATES = [
  new RegExp(String.raw`^(?<weekday>[A-Z][a-z]{2}), (?<day>\d\d) ${MONTH} (?<year>\d{4}) ${TIME} GMT$`),
  new RegExp(String.raw`^(?<weekday>${DAY})day, (?<day>\d\d)-${MONTH}-(?<year>\d\d) ${TIME} GMT$`),
  new RegExp(String.raw`^(?<weekday>[A-Z][a-z]{2}) ${MONTH} (?<day>\d\d| \d) ${TIME} (?<year>\d{4})$`),
]

/**
 * The wait that a response requests before a retry (RFC 9110, 10.2.3).
 * @param value - the header: seconds, or a date in one of the three forms of RFC 9110, 5.6.7
 * @param now - milliseconds since 1970
 * @returns milliseconds, at most `MAX_RETRY_AFTER`, 0 for a date in the past; `undefined` when the header is missing,
 *   malformed, or repeated
 */
export function readRetryAfter (value: string | string[] | undefined, now: number): number | undefined {
  if (typeof value !== 'string') return undefined
  // undici keeps the white space after a value, which is no part of it (RFC 9110, 5.5).
  const text = value.trim()
  const wait = SECONDS.test(text) ? Number(text) * 1000 : readDate(text, now) - now
  return Number.isNaN(wait) ? undefined : Math.min(Math.max(wait, 0), MAX_RETRY_AFTER)
}

/**
 * Parses a date by writing it in the first form, which is also that of `Date.toUTCString()`: only a valid date is
 * printed as it was read. That rejects days that do not exist, wrong days of the week, and the many other forms that
 * `Date.parse()` accepts.
 * @returns milliseconds since 1970, or `NaN`
 */
function readDate (text: string, now: number): number {
  const parts = DATES.map(form => form.exec(text)?.groups).find(groups => groups !== undefined)
  if (parts === undefined) return NaN
  const { weekday, day, month, year, time } = parts as Record<'weekday' | 'day' | 'month' | 'year' | 'time', string>
  // A leap second, which `Date` does not have.
  const clock = time.replace('23:59:60', '23:59:59')
  const fullYear = year.length === 2 ? expandYear(Number(year), now) : year
  const date = `${weekday.slice(0, 3)}, ${day.replace(' ', '0')} ${month} ${fullYear} ${clock} GMT`
  const instant = new Date(date)
  return instant.toUTCString() === date ? instant.getTime() : NaN
}

/** The latest year with these two digits that is not more than 50 years from now (RFC 9110, 5.6.7). */
function expandYear (digits: number, now: number): number {
  const latest = new Date(now).getUTCFullYear() + 50
  return latest - (latest - digits) % 100
}
