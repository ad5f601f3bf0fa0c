import t from 'tap'
import { DURATION_PATTERN, parseDuration, parseSize, SIZE_PATTERN } from '../../../lib/options/units.ts'

const durations: { value: number | string, ms: number | undefined }[] = [
  { value: 0, ms: 0 },
  { value: 1500, ms: 1500 },
  { value: '250ms', ms: 250 },
  { value: '10s', ms: 10_000 },
  { value: '5m', ms: 300_000 },
  { value: '1h', ms: 3_600_000 },
  { value: '1.5s', ms: 1500 },
  { value: '0s', ms: 0 },
  { value: -1, ms: undefined },
  { value: 1.5, ms: undefined },
  { value: NaN, ms: undefined },
  { value: '10', ms: undefined },
  { value: '10 s', ms: undefined },
  { value: '10S', ms: undefined },
  { value: '-1s', ms: undefined },
  { value: '1d', ms: undefined },
  { value: '', ms: undefined },
]

for (const { value, ms } of durations) {
  t.test(`a duration is milliseconds: ${JSON.stringify(value)}`, async t => {
    t.equal(parseDuration(value), ms)
    if (typeof value === 'string') t.equal(new RegExp(DURATION_PATTERN).test(value), ms !== undefined, 'the schema agrees')
  })
}

const sizes: { value: number | string, bytes: number | undefined }[] = [
  { value: 0, bytes: 0 },
  { value: 65_536, bytes: 65_536 },
  { value: '1B', bytes: 1 },
  { value: '64KB', bytes: 65_536 },
  { value: '10mb', bytes: 10_485_760 },
  { value: '1.5Gb', bytes: 1_610_612_736 },
  { value: -1, bytes: undefined },
  { value: '10', bytes: undefined },
  { value: '10 MB', bytes: undefined },
  { value: '10TB', bytes: undefined },
]

for (const { value, bytes } of sizes) {
  t.test(`a size is bytes: ${JSON.stringify(value)}`, async t => {
    t.equal(parseSize(value), bytes)
    if (typeof value === 'string') t.equal(new RegExp(SIZE_PATTERN).test(value), bytes !== undefined, 'the schema agrees')
  })
}
