/** Longest wait that an upstream can ask for, in milliseconds: a client is waiting, too. */
export const MAX_RETRY_AFTER = 5000

const SECONDS = /^\d+$/
const TIME = String.raw`(?<time>\d\d:\d\d:\d\d)`
const MONTH = '(?<month>[A-Z][a-z]{2})'
// `Sun, 06 Nov 1994 08:49:37 GMT`, and the obsolete `Sunday, 06-Nov-94 08:49:37 GMT` and `Sun Nov  6 08:49:37 1994`.
const DATES = [
  new RegExp(String.raw`^(?<weekday>[A-Z][a-z]{2}), (?<day>\d\d) ${MONTH} (?<year>\d{4}) ${TIME} GMT$`),
  new RegExp(String.raw`^(?<weekday>Sun|Mon|Tues|Wednes|Thurs|Fri|Satur)day, (?<day>\d\d)-${MONTH}-(?<year>\d\d) ${TIME} GMT$`),
  new RegExp(String.raw`^(?<weekday>[A-Z][a-z]{2}) ${MONTH} (?<day>\d\d| \d) ${TIME} (?<year>\d{4})$`),
]

/**
 * How long an answer asks to wait (RFC 9110, 10.2.3).
 * @param value - the header: seconds, or a date in one of the three forms of RFC 9110, 5.6.7
 * @param now - milliseconds since 1970
 * @returns milliseconds, at most `MAX_RETRY_AFTER`, 0 for a date in the past; `undefined` when it says nothing, nothing
 *   readable or, repeated, two things
 */
export function readRetryAfter (value: string | string[] | undefined, now: number): number | undefined {
  if (typeof value !== 'string') return undefined
  // undici leaves the white space behind a value, which is no part of it (RFC 9110, 5.5).
  const text = value.trim()
  const wait = SECONDS.test(text) ? Number(text) * 1000 : readDate(text, now) - now
  return Number.isNaN(wait) ? undefined : Math.min(Math.max(wait, 0), MAX_RETRY_AFTER)
}

/**
 * Brings a date into the first form, which is that of `Date`, too: what is printed again as it was read is one. Others
 * have no such day, another day of the week, or are among the many things that `Date.parse` takes.
 * @returns milliseconds since 1970, or `NaN`
 */
function readDate (text: string, now: number): number {
  const parts = DATES.map(form => form.exec(text)?.groups).find(groups => groups !== undefined)
  if (parts === undefined) return NaN
  const { weekday, day, month, year, time } = parts as Record<'weekday' | 'day' | 'month' | 'year' | 'time', string>
  // The second that is put in at the end of some years, of which `Date` has none.
  const clock = time.replace('23:59:60', '23:59:59')
  const date = `${weekday.slice(0, 3)}, ${day.replace(' ', '0')} ${month} ${year.length === 2 ? wholeYear(Number(year), now) : year} ${clock} GMT`
  const instant = new Date(date)
  return instant.toUTCString() === date ? instant.getTime() : NaN
}

/** The latest year with these two digits that is not more than 50 years from now (RFC 9110, 5.6.7). */
function wholeYear (digits: number, now: number): number {
  const latest = new Date(now).getUTCFullYear() + 50
  return latest - (latest - digits) % 100
}
