import t from 'tap'
import type { Problem } from '../../../lib/errors.ts'
import { createResilienceBuilder } from '../../../lib/configuration/resilience.ts'
import type { FlagOptions } from '../../../lib/options/location-flags.ts'

type Resilience = ReturnType<ReturnType<typeof createResilienceBuilder>>

/** What becomes of an app's flags below those of the top level. */
function build (flags: FlagOptions, shared: FlagOptions = {}): { resilience: Resilience, problems: Problem[] } {
  const problems: Problem[] = []
  return { resilience: createResilienceBuilder(shared, problems)({ flags, fieldBase: 'apps[0].' }), problems }
}

const DEFAULTS = {
  limits: { maxConnections: 128, maxPending: 1024, pendingTimeout: 5000 },
  balancer: 'round-robin',
  healthCheck: null,
  outlierDetection: {
    consecutive5xx: 5,
    consecutiveLocalErrors: 3,
    baseEjectionTime: 10_000,
    maxEjectionTime: 300_000,
    maxEjectionPercent: 50,
    panicThreshold: 50,
  },
  slowStart: null,
  retry: {
    attempts: 1,
    methods: ['GET', 'HEAD', 'OPTIONS'],
    statusCodes: [],
    maxBodyBytes: 65_536,
    budget: { percent: 20, minPerSecond: 10 },
  },
}
const PROBES = { path: '/health', method: 'GET', interval: 5000, unhealthyInterval: 2000, timeout: 2000, rise: 2, fall: 3, expectedStatus: [200, 399], headers: {} }
const SLOW = { window: 30_000, minWeightPercent: 10 }

t.test('where neither level sets a flag, it has its default', async t => {
  t.strictSame(build({}), { resilience: DEFAULTS, problems: [] })
})

const merged: { name: string, flags: FlagOptions, shared?: FlagOptions, expected: object }[] = [
  { name: 'the top level, for all', flags: {}, shared: { balancer: 'ewma', limits: { maxPending: 0 }, slowStart: {} }, expected: { balancer: 'ewma', limits: { ...DEFAULTS.limits, maxPending: 0 }, slowStart: SLOW } },
  { name: 'the app, for itself', flags: { balancer: { hash: 'ip' }, limits: { maxConnections: 1 } }, shared: { balancer: 'ewma' }, expected: { balancer: { hash: 'ip' }, limits: { ...DEFAULTS.limits, maxConnections: 1 } } },
  { name: 'limits of both, property by property', flags: { limits: { maxPending: 2 } }, shared: { limits: { maxPending: 1, pendingTimeout: '1s' } }, expected: { limits: { ...DEFAULTS.limits, maxPending: 2, pendingTimeout: 1000 } } },
  { name: 'probes of both', flags: { healthCheck: { path: '/health' } }, shared: { healthCheck: { interval: '1s', headers: { 'X-A': 'a' } } }, expected: { healthCheck: { ...PROBES, interval: 1000, headers: { 'X-A': 'a' } } } },
  { name: 'the path of the app before that of the top level', flags: { healthCheck: { path: '/health' } }, shared: { healthCheck: { path: '/' } }, expected: { healthCheck: PROBES } },
  { name: 'the probes of the top level', flags: {}, shared: { healthCheck: { path: '/health' } }, expected: { healthCheck: PROBES } },
  { name: 'no probes, when the app turns them off', flags: { healthCheck: false }, shared: { healthCheck: { path: '/health' } }, expected: {} },
  { name: 'probes again, when only the top level turns them off', flags: { healthCheck: { path: '/health' } }, shared: { healthCheck: false }, expected: { healthCheck: PROBES } },
  { name: 'no ejection, when the top level turns it off', flags: {}, shared: { outlierDetection: false }, expected: { outlierDetection: null } },
  { name: 'no ejection, when the app turns it off', flags: { outlierDetection: false }, shared: { outlierDetection: { consecutive5xx: 1 } }, expected: { outlierDetection: null } },
  { name: 'ejection with defaults, when the app turns it on again', flags: { outlierDetection: { consecutive5xx: 0 } }, shared: { outlierDetection: false }, expected: { outlierDetection: { ...DEFAULTS.outlierDetection, consecutive5xx: 0 } } },
  { name: 'no retries, when either turns them off', flags: { retry: false }, shared: {}, expected: { retry: null } },
  { name: 'retries with a budget of both', flags: { retry: { budget: { percent: 5 } } }, shared: { retry: { attempts: 3, budget: { minPerSecond: 0 } } }, expected: { retry: { ...DEFAULTS.retry, attempts: 3, budget: { percent: 5, minPerSecond: 0 } } } },
  { name: 'a slow start of both', flags: { slowStart: { window: '1m' } }, shared: { slowStart: { minWeightPercent: 0 } }, expected: { slowStart: { window: 60_000, minWeightPercent: 0 } } },
  { name: 'no slow start, when the app turns it off', flags: { slowStart: false }, shared: { slowStart: {} }, expected: {} },
]

for (const { name, flags, shared = {}, expected } of merged) {
  t.test(`a location has ${name}`, async t => {
    const before = structuredClone([flags, shared])
    t.strictSame(build(flags, shared), { resilience: { ...DEFAULTS, ...expected }, problems: [] })
    t.strictSame([flags, shared], before)
  })
}

const PATH_REQUIRED = 'is required: the path to request, such as "/health"'
const path = '/health'

const faults: {
  name: string
  flags: FlagOptions
  shared?: FlagOptions
  problems: [path: string, message: string][]
}[] = [
  {
    name: 'probes without a path',
    flags: { healthCheck: {} },
    problems: [['apps[0].healthCheck.path', PATH_REQUIRED]],
  },
  {
    name: 'probes of the top level without one',
    flags: {},
    shared: { healthCheck: { interval: 1 } },
    problems: [['healthCheck.path', PATH_REQUIRED]],
  },
  {
    name: 'probes of both without one',
    flags: { healthCheck: { fall: 1 } },
    shared: { healthCheck: {} },
    problems: [['apps[0].healthCheck.path', PATH_REQUIRED]],
  },
  {
    name: 'a path with a space',
    flags: { healthCheck: { path: '/a b' } },
    problems: [
      [
        'apps[0].healthCheck.path',
        'must be written in the characters of a URL, not "/a b"; encode the others as "%20"',
      ],
    ],
  },
  {
    name: 'a path with a line break',
    flags: { healthCheck: { path: '/a\r\nX: y' } },
    problems: [
      [
        'apps[0].healthCheck.path',
        'must be written in the characters of a URL, not "/a\\r\\nX: y"; encode the others as "%20"',
      ],
    ],
  },
  {
    name: 'a path that ends with a line break',
    flags: { healthCheck: { path: '/a\n' } },
    problems: [
      [
        'apps[0].healthCheck.path',
        'must be written in the characters of a URL, not "/a\\n"; encode the others as "%20"',
      ],
    ],
  },
  {
    name: 'a path with a letter that URLs have not',
    flags: { healthCheck: { path: '/ä' } },
    problems: [
      ['apps[0].healthCheck.path', 'must be written in the characters of a URL, not "/ä"; encode the others as "%20"'],
    ],
  },
  {
    name: 'a range that goes down',
    flags: { healthCheck: { path, expectedStatus: [300, 200] } },
    problems: [['apps[0].healthCheck.expectedStatus', 'must go from the lower to the higher, not [300,200]']],
  },
  {
    name: 'no time between probes',
    flags: { healthCheck: { path, interval: 0 } },
    problems: [['apps[0].healthCheck.interval', 'must be longer than 0']],
  },
  {
    name: 'no time between probes of one that is down',
    flags: { healthCheck: { path, unhealthyInterval: '0s' } },
    problems: [['apps[0].healthCheck.unhealthyInterval', 'must be longer than 0']],
  },
  {
    name: 'no time for a response',
    flags: { healthCheck: { path, timeout: '0ms' } },
    problems: [['apps[0].healthCheck.timeout', 'must be longer than 0']],
  },
  {
    name: 'a header whose name is none',
    flags: { healthCheck: { path, headers: { 'X Y': 'a' } } },
    problems: [
      [
        'apps[0].healthCheck.headers',
        '"X Y": "a" cannot be a header; use a token for the name, and no line break in the value',
      ],
    ],
  },
  {
    name: 'a header without a name',
    flags: { healthCheck: { path, headers: { '': 'a' } } },
    problems: [
      [
        'apps[0].healthCheck.headers',
        '"": "a" cannot be a header; use a token for the name, and no line break in the value',
      ],
    ],
  },
  {
    name: 'a header that would be two',
    flags: { healthCheck: { path, headers: { 'X-A': 'a', 'X-Y': 'a\r\nX-Z: b' } } },
    problems: [
      [
        'apps[0].healthCheck.headers',
        '"X-Y": "a\\r\\nX-Z: b" cannot be a header; use a token for the name, and no line break in the value',
      ],
    ],
  },
  {
    name: 'an ejection that begins with more than its most',
    flags: { outlierDetection: { baseEjectionTime: '10m' } },
    problems: [
      ['apps[0].outlierDetection.maxEjectionTime', 'must be at least baseEjectionTime (600000 ms), not 300000 ms'],
    ],
  },
  {
    name: 'an ejection of the top level that does',
    flags: {},
    shared: { outlierDetection: { maxEjectionTime: 1 } },
    problems: [['outlierDetection.maxEjectionTime', 'must be at least baseEjectionTime (10000 ms), not 1 ms']],
  },
  {
    name: 'a contradiction between both',
    flags: { outlierDetection: { maxEjectionTime: '1m' } },
    shared: { outlierDetection: { baseEjectionTime: '2m' } },
    problems: [
      ['apps[0].outlierDetection.maxEjectionTime', 'must be at least baseEjectionTime (120000 ms), not 60000 ms'],
    ],
  },
  {
    name: 'everything at once',
    flags: {
      healthCheck: { path: ' ', interval: 0, timeout: 0, expectedStatus: [599, 100] },
      outlierDetection: { baseEjectionTime: 2, maxEjectionTime: 1 },
    },
    problems: [
      ['apps[0].healthCheck.path', 'must be written in the characters of a URL, not " "; encode the others as "%20"'],
      ['apps[0].healthCheck.expectedStatus', 'must go from the lower to the higher, not [599,100]'],
      ['apps[0].healthCheck.interval', 'must be longer than 0'],
      ['apps[0].healthCheck.timeout', 'must be longer than 0'],
      ['apps[0].outlierDetection.maxEjectionTime', 'must be at least baseEjectionTime (2 ms), not 1 ms'],
    ],
  },
]

for (const { name, flags, shared, problems } of faults) {
  t.test(`a location is refused: ${name}`, async t => {
    t.strictSame(build(flags, shared).problems, problems.map(([path, message]) => ({ path, message })))
  })
}

const fine: { name: string, flags: FlagOptions, shared?: FlagOptions }[] = [
  { name: 'a path with a query and escapes', flags: { healthCheck: { path: '/a%20b?c=d&e=~!$\'()*,;:@' } } },
  { name: 'one status only', flags: { healthCheck: { path, expectedStatus: [204, 204] } } },
  { name: 'headers', flags: { healthCheck: { path, headers: { Host: 'shop.example', 'X-Empty': '' } } } },
  { name: 'a base ejection that is the longest', flags: { outlierDetection: { baseEjectionTime: '5m' } } },
  { name: 'faults of the top level that the app turns off', flags: { healthCheck: false, outlierDetection: false }, shared: { healthCheck: {}, outlierDetection: { maxEjectionTime: 1 } } },
  { name: 'a fault of the top level that the app makes good', flags: { healthCheck: { path } }, shared: { healthCheck: {} } },
]

for (const { name, flags, shared } of fine) {
  t.test(`a location is not refused: ${name}`, async t => t.strictSame(build(flags, shared).problems, []))
}

t.test('a fault at the top level is one problem, one of an app is a problem of each app', async t => {
  const problems: Problem[] = []
  const shared: FlagOptions = { healthCheck: {}, outlierDetection: { maxEjectionTime: 1 } }
  const buildResilience = createResilienceBuilder(shared, problems)
  buildResilience({ flags: {}, fieldBase: 'apps[0].' })
  buildResilience({ flags: {}, fieldBase: 'apps[1].' })
  buildResilience({ flags: { healthCheck: { rise: 1 } }, fieldBase: 'apps[2].' })
  buildResilience({ flags: { healthCheck: { rise: 1 } }, fieldBase: 'extraProxy[0].' })
  t.strictSame(problems.map(({ path }) => path), ['healthCheck.path', 'outlierDetection.maxEjectionTime', 'apps[2].healthCheck.path', 'extraProxy[0].healthCheck.path'])
})

t.test('several headers that are none are one problem', async t => {
  const { problems } = build({ healthCheck: { path, headers: { 'a b': 'x', 'c d': 'x' } } })
  t.match(problems, [{ path: 'apps[0].healthCheck.headers', message: /^"a b"/ }])
  t.equal(problems.length, 1)
})

t.test('a property that is reported already is not reported again', async t => {
  const problems: Problem[] = [{ path: 'apps[0].healthCheck.path', message: 'must be a path' }]
  createResilienceBuilder({}, problems)({ flags: { healthCheck: {} }, fieldBase: 'apps[0].' })
  t.equal(problems.length, 1)
})
