import t from 'tap'
import { drawBackoff, MAX_RETRY_AFTER, readRetryAfter } from '../../../lib/retry/delay.ts'

const backoffs: [name: string, retry: number, random: number, expected: number][] = [
  ['the first, shortest', 1, 0, 25],
  ['the first, in the middle', 1, 0.5, 37.5],
  ['the first, longest', 1, 1, 50],
  ['the second, longest', 2, 1, 100],
  ['the third, longest', 3, 1, 200],
  ['the fourth is at the limit', 4, 1, 250],
  ['a later one, shortest', 5, 0, 25],
  ['however many there were', 5000, 1, 250],
]

for (const [name, retry, random, expected] of backoffs) {
  t.test(`wait: ${name}`, async t => t.equal(drawBackoff(retry, () => random), expected))
}

t.test('waits are spread over all of their range, and none is outside of 25 to 250 ms', async t => {
  const random = seeded(42)
  for (let retry = 1; retry <= 6; retry++) {
    const ceiling = Math.min(250, 25 * 2 ** retry)
    const quarters = [0, 0, 0, 0]
    for (let draw = 0; draw < 4000; draw++) {
      const wait = drawBackoff(retry, random)
      if (wait < 25 || wait > ceiling) t.fail(`${wait} ms for retry ${retry}`)
      quarters[Math.floor((wait - 25) / (ceiling - 25) * 4)]! += 1
    }
    t.ok(quarters.every(count => Math.abs(count - 1000) < 120), `retry ${retry}: ${quarters}`)
  }
})

/**
 * Numbers from 0 up to 1, the same at every run: a linear congruential generator with the constants of Numerical
 * Recipes.
 */
function seeded (state: number): () => number {
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

const EXAMPLE = Date.UTC(1994, 10, 6, 8, 49, 37)
const TODAY = Date.UTC(2026, 5, 15)

const waits: [name: string, value: string | string[] | undefined, now: number, expected: number | undefined][] = [
  ['none', undefined, TODAY, undefined],
  ['seconds', '2', TODAY, 2000],
  ['no time at all', '0', TODAY, 0],
  ['seconds with zeros', '003', TODAY, 3000],
  ['white space behind it', '3 \t ', TODAY, 3000],
  ['the longest', '5', TODAY, MAX_RETRY_AFTER],
  ['longer than the longest', '120', TODAY, MAX_RETRY_AFTER],
  ['more seconds than there are numbers', '9'.repeat(400), TODAY, MAX_RETRY_AFTER],
  ['two values', ['1', '2'], TODAY, undefined],

  ['a date', 'Sun, 06 Nov 1994 08:49:37 GMT', EXAMPLE - 1500, 1500],
  ['a date far ahead', 'Sun, 06 Nov 1994 08:49:37 GMT', EXAMPLE - 3_600_000, MAX_RETRY_AFTER],
  ['a date in the past', 'Sun, 06 Nov 1994 08:49:37 GMT', TODAY, 0],
  ['a date of this moment', 'Sun, 06 Nov 1994 08:49:37 GMT', EXAMPLE, 0],
  ['a leap day', 'Thu, 29 Feb 2024 00:00:01 GMT', Date.UTC(2024, 1, 29), 1000],
  ['a leap second', 'Sat, 31 Dec 2016 23:59:60 GMT', Date.UTC(2016, 11, 31, 23, 59, 58), 1000],
  ['a date of RFC 850', 'Sunday, 06-Nov-94 08:49:37 GMT', EXAMPLE - 1500, 1500],
  ['a date of RFC 850 in the past', 'Sunday, 06-Nov-94 08:49:37 GMT', TODAY, 0],
  ['a date of RFC 850 in this century', 'Monday, 15-Jun-26 00:00:01 GMT', TODAY, 1000],
  ['a date of RFC 850 in the next century', 'Saturday, 01-Jan-00 00:00:00 GMT', Date.UTC(2099, 11, 31, 23, 59, 59), undefined],
  ['the same with its day of the week', 'Friday, 01-Jan-00 00:00:00 GMT', Date.UTC(2099, 11, 31, 23, 59, 59), 1000],
  ['a date of RFC 850, 50 years ahead', 'Monday, 15-Jun-76 00:00:00 GMT', TODAY, MAX_RETRY_AFTER],
  ['a date of RFC 850, 49 years ago rather than 51 ahead', 'Wednesday, 15-Jun-77 00:00:00 GMT', TODAY, 0],
  ['a date of asctime', 'Sun Nov  6 08:49:37 1994', EXAMPLE - 1500, 1500],
  ['a date of asctime with two digits', 'Wed Nov 16 08:49:37 1994', Date.UTC(1994, 10, 16, 8, 49, 36), 1000],

  ['nothing in it', '', TODAY, undefined],
  ['a word', 'soon', TODAY, undefined],
  ['a negative number', '-1', TODAY, undefined],
  ['a fraction', '1.5', TODAY, undefined],
  ['an exponent', '1e3', TODAY, undefined],
  ['a unit', '2s', TODAY, undefined],
  ['digits of another script', '٣', TODAY, undefined],
  ['a list', '1, 2', TODAY, undefined],
  ['a date of ISO 8601', '1994-11-06T08:49:37Z', TODAY, undefined],
  ['a date of JavaScript', 'Sun Nov 06 1994 08:49:37 GMT+0000', TODAY, undefined],
  ['another zone', 'Sun, 06 Nov 1994 08:49:37 +0000', TODAY, undefined],
  ['UTC instead of GMT', 'Sun, 06 Nov 1994 08:49:37 UTC', TODAY, undefined],
  ['another case', 'sun, 06 nov 1994 08:49:37 gmt', TODAY, undefined],
  ['a day without its zero', 'Sun, 6 Nov 1994 08:49:37 GMT', TODAY, undefined],
  ['a day of asctime without its space', 'Sun Nov 6 08:49:37 1994', TODAY, undefined],
  ['asctime with a zone', 'Sun Nov  6 08:49:37 1994 GMT', TODAY, undefined],
  ['no day of the week', '06 Nov 1994 08:49:37 GMT', TODAY, undefined],
  ['another day of the week', 'Mon, 06 Nov 1994 08:49:37 GMT', TODAY, undefined],
  ['no such day of the week', 'Foo, 06 Nov 1994 08:49:37 GMT', TODAY, undefined],
  ['a day of the week in short, in the form of RFC 850', 'Sun, 06-Nov-94 08:49:37 GMT', TODAY, undefined],
  ['a whole year in the form of RFC 850', 'Sunday, 06-Nov-1994 08:49:37 GMT', TODAY, undefined],
  ['no such month', 'Sun, 06 Foo 1994 08:49:37 GMT', TODAY, undefined],
  ['no such day', 'Thu, 30 Feb 2023 00:00:00 GMT', TODAY, undefined],
  ['no such hour', 'Sun, 06 Nov 1994 24:00:00 GMT', TODAY, undefined],
  ['no such minute', 'Sun, 06 Nov 1994 08:60:00 GMT', TODAY, undefined],
  ['a leap second at the wrong time', 'Sun, 06 Nov 1994 08:49:60 GMT', TODAY, undefined],
  ['something behind a date', 'Sun, 06 Nov 1994 08:49:37 GMT, 5', TODAY, undefined],
]

for (const [name, value, now, expected] of waits) {
  t.test(`retry after: ${name}`, async t => t.equal(readRetryAfter(value, now), expected))
}

t.test('every date is read in all of its forms', async t => {
  const days = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']
  const unread: string[] = []
  for (let day = 0; day < 400; day++) {
    const date = new Date(TODAY + day * 86_400_000)
    const [, dayOfMonth, month, year, time] = date.toUTCString().split(' ') as [string, string, string, string, string]
    const weekday = days[date.getUTCDay()]!
    const forms = [
      date.toUTCString(),
      `${weekday}, ${dayOfMonth}-${month}-${year.slice(2)} ${time} GMT`,
      `${weekday.slice(0, 3)} ${month} ${dayOfMonth.replace(/^0/, ' ')} ${time} ${year}`,
    ]
    unread.push(...forms.filter(form => readRetryAfter(form, date.getTime() - 1) !== 1))
  }
  t.strictSame(unread, [])
})
