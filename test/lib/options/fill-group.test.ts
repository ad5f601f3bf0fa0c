import { Type } from '@sinclair/typebox'
import t from 'tap'
import { collectDefaults, fillGroup, fillSwitchable } from '../../../lib/options/fill-group.ts'
import { Count, Duration, Optional, Size } from '../../../lib/options/schema-parts.ts'

const group = Optional({
  name: Type.String({ description: '' }),
  count: Count('', 3),
  time: Duration('', '5s'),
  size: Size('', '1KB'),
  list: Type.Array(Type.String(), { default: ['a'] }),
  record: Type.Record(Type.String(), Type.String(), { default: {} }),
  choice: Type.Union([Type.Literal('one'), Type.Literal('two')], { default: 'one' }),
  inner: Optional({ percent: Count('', 20), pause: Duration('', 0) }),
})

const DEFAULTS = { count: 3, time: 5000, size: 1024, list: ['a'], record: {}, choice: 'one', inner: { percent: 20, pause: 0 } }
const LONGEST = 2_147_483_647

t.test('the defaults are those that the schema has, as users write them', async t => {
  t.strictSame(collectDefaults(group), { count: 3, time: '5s', size: '1KB', list: ['a'], record: {}, choice: 'one' })
  t.strictSame(collectDefaults(Type.Object({})), {})
})

const fillings: { name: string, given: (object | undefined)[], expected: object }[] = [
  { name: 'nothing is all the defaults', given: [], expected: DEFAULTS },
  { name: 'nothing but undefined, too', given: [undefined, {}, undefined], expected: DEFAULTS },
  { name: 'what has no default is there when it is given', given: [{ name: 'x' }], expected: { ...DEFAULTS, name: 'x' } },
  { name: 'a property that is undefined was left out', given: [{ count: 1, name: undefined }, { count: undefined }], expected: { ...DEFAULTS, count: 1 } },
  { name: 'the last one wins, property by property', given: [{ count: 1, choice: 'two', name: 'x' }, { count: 2 }, { name: 'y' }], expected: { ...DEFAULTS, count: 2, choice: 'two', name: 'y' } },
  { name: '0 and the empty text are values', given: [{ count: 1, name: 'x' }, { count: 0, name: '', time: 0, size: 0 }], expected: { ...DEFAULTS, count: 0, name: '', time: 0, size: 0 } },
  { name: 'times are milliseconds, sizes bytes', given: [{ time: '1.5m', size: '2MB' }], expected: { ...DEFAULTS, time: 90_000, size: 2_097_152 } },
  { name: 'numbers are those already', given: [{ time: 7, size: 9 }], expected: { ...DEFAULTS, time: 7, size: 9 } },
  { name: 'a time is no longer than a timer can be, and a size no more', given: [{ time: '10000h', size: '1000GB' }], expected: { ...DEFAULTS, time: LONGEST, size: LONGEST } },
  { name: 'nor is one that is a number', given: [{ time: LONGEST + 1, size: LONGEST }], expected: { ...DEFAULTS, time: LONGEST, size: LONGEST } },
  { name: 'a group in it is filled property by property', given: [{ inner: { percent: 1 } }, { inner: { pause: '1s' } }], expected: { ...DEFAULTS, inner: { percent: 1, pause: 1000 } } },
  { name: 'and the last one wins there', given: [{ inner: { percent: 1, pause: 1 } }, {}, { inner: { percent: 0 } }], expected: { ...DEFAULTS, inner: { percent: 0, pause: 1 } } },
  { name: 'a list is one value', given: [{ list: ['b', 'c'] }, { list: [] }], expected: { ...DEFAULTS, list: [] } },
  { name: 'a record is one value', given: [{ record: { a: 'x' } }, { record: { b: 'y' } }], expected: { ...DEFAULTS, record: { b: 'y' } } },
  { name: 'what the schema does not know is left out', given: [{ other: 1 }], expected: DEFAULTS },
]

for (const { name, given, expected } of fillings) {
  t.test(`a group is filled: ${name}`, async t => {
    const before = structuredClone(given)
    t.strictSame(fillGroup(group, ...given), expected)
    t.strictSame(given, before, 'what the user wrote stays as it was')
  })
}

const OFF = null

const switches: {
  name: string
  isOn: boolean
  shared?: false | object
  own?: false | object
  expected: object | typeof OFF
}[] = [
  { name: 'neither level sets it, and it is on', isOn: true, expected: DEFAULTS },
  { name: 'neither level sets it, and it is off', isOn: false, expected: OFF },
  { name: 'the top level turns it on', isOn: false, shared: {}, expected: DEFAULTS },
  { name: 'the top level turns it off', isOn: true, shared: false, expected: OFF },
  { name: 'the app turns it on', isOn: false, own: { count: 1 }, expected: { ...DEFAULTS, count: 1 } },
  { name: 'the app turns it off', isOn: true, own: false, expected: OFF },
  {
    name: 'the app turns off what the top level turns on',
    isOn: false,
    shared: { count: 1 },
    own: false,
    expected: OFF,
  },
  {
    name: 'the app turns on what the top level turns off',
    isOn: true,
    shared: false,
    own: { count: 1 },
    expected: { ...DEFAULTS, count: 1 },
  },
  { name: 'the app turns it on again with nothing more', isOn: true, shared: false, own: {}, expected: DEFAULTS },
  { name: 'both turn it off', isOn: true, shared: false, own: false, expected: OFF },
  {
    name: 'both have a part of it',
    isOn: false,
    shared: { count: 1, time: 1 },
    own: { count: 2 },
    expected: { ...DEFAULTS, count: 2, time: 1 },
  },
]

for (const { name, isOn, shared, own, expected } of switches) {
  t.test(`a group that can be off: ${name}`, async t => {
    t.strictSame(fillSwitchable(group, isOn, shared, own), expected)
  })
}
