import { readFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import { resolveConfiguration } from '../../../lib/configuration/resolve.ts'
import type { GatewayConfigError } from '../../../lib/errors.ts'
import { createGateway, type Gateway } from '../../../lib/configuration/gateway.ts'
import type { GatewayOptions, UpstreamListOptions } from '../../../lib/options/schema.ts'
import { Dispatcher } from '../../../lib/dispatch/dispatcher.ts'

/** A gateway with its dispatchers, as it runs; nothing listens at its addresses. `drain` makes it stop. */
async function createRunning (t: Test, options: GatewayOptions, files: Parameters<Test['testdir']>[0] = {}) {
  const configuration = await resolveConfiguration(options, t.testdir(files))
  const dispatchers = configuration.locations.map(location => new Dispatcher(location))
  t.teardown(() => Promise.all(dispatchers.map(dispatcher => dispatcher.destroy())))
  let isDraining = false
  const gateway = createGateway(configuration, dispatchers, { isStopping: () => isDraining, handOver: async () => {} })
  const poolOf = (prefix: string) => dispatchers.find(({ location }) => location.prefix === prefix)!.pool
  return { configuration, gateway, poolOf, drain: () => { isDraining = true } }
}

/** What upstreams a location has, for its pool and for who reads the table. */
function upstreamsOf ({ gateway, poolOf }: Pick<Awaited<ReturnType<typeof createRunning>>, 'gateway' | 'poolOf'>, prefix: string): string[] {
  const listed = gateway.locations.find(location => location.prefix === prefix)!.upstreams.map(({ url, weight }) => `${url}*${weight}`)
  const running = poolOf(prefix).upstreams.map(({ target, weight }) => `${target.url}*${weight}`)
  return listed.join() === running.join() ? running : [`listed: ${listed.join()}`, `running: ${running.join()}`]
}

function failing (gateway: Gateway, prefix: string, upstreams: unknown): GatewayConfigError {
  try {
    gateway.setUpstreams(prefix, upstreams as UpstreamListOptions)
  } catch (error) {
    return error as GatewayConfigError
  }
  throw new Error('nothing is wrong')
}

const drained = (port: number) => [{ url: `127.0.0.1:${port}`, weight: 0 }]

const readiness: { name: string, options: GatewayOptions, isReady: boolean }[] = [
  { name: 'every app has an upstream', options: { apps: [{ name: 'users', port: 1 }, { name: 'shop', port: 2 }] }, isReady: true },
  { name: 'every app has one among others', options: { apps: [{ name: 'users', upstreams: [...drained(1), 'h:2'] }] }, isReady: true },
  { name: 'one app is drained', options: { apps: [{ name: 'users', port: 1 }, { name: 'shop', upstreams: drained(2) }] }, isReady: false },
  { name: 'an extra proxy is drained', options: { apps: [{ name: 'users', port: 1 }], extraProxy: [{ prefix: 'api', upstreams: drained(2) }] }, isReady: true },
  { name: 'there is nothing', options: {}, isReady: true },
]

for (const { name, options, isReady } of readiness) {
  t.test(`a gateway is ${isReady ? '' : 'not '}ready when ${name}`, async t => {
    const { gateway } = await createRunning(t, options)
    t.equal(gateway.isReady(), isReady)
  })
}

t.test('a gateway that stops is not ready', async t => {
  const { gateway, drain } = await createRunning(t, { apps: [{ name: 'users', port: 1 }] })
  t.equal(gateway.isReady(), true)
  drain()
  t.equal(gateway.isReady(), false)
})

t.test('a gateway is ready again when the last upstream that was down is up', async t => {
  const healthCheck = { path: '/health', rise: 1, fall: 1 }
  const { gateway, poolOf } = await createRunning(t, { apps: [{ name: 'users', port: 1 }, { name: 'shop', upstreams: ['h:1', 'h:2'], healthCheck }] })
  const [first, second] = poolOf('/shop').upstreams
  first!.probe!.record(false)
  t.equal(gateway.isReady(), true, 'there is another one')
  second!.probe!.record(false)
  t.equal(gateway.isReady(), false)
  second!.probe!.record(true)
  t.equal(gateway.isReady(), true)
})

t.test('an extra proxy that is down does not matter', async t => {
  const { gateway, poolOf } = await createRunning(t, { extraProxy: [{ prefix: 'api', url: 'http://h:1', healthCheck: { path: '/' } }] })
  poolOf('/api').upstreams[0]!.probe!.record(false)
  t.equal(gateway.isReady(), true)
})

t.test('a gateway exposes its configuration', async t => {
  const { gateway, configuration } = await createRunning(t, { apps: [{ name: 'users', port: 1 }] })
  for (const name of ['options', 'apps', 'locations'] as const) t.equal(gateway[name], configuration[name])
})

t.test('an app gets other upstreams; what stays keeps its connections and its state', async t => {
  const { gateway, poolOf } = await createRunning(t, { apps: [{ name: 'users', upstreams: ['h:1', 'h:2'] }, { name: 'shop', port: 9 }] })
  const [, second] = poolOf('/users').upstreams
  gateway.setUpstreams('users', [{ url: 'h:2', weight: 5 }, 'http://h:3/v2'])
  t.strictSame(upstreamsOf({ gateway, poolOf }, '/users'), ['http://h:2*5', 'http://h:3/v2*1'])
  t.equal(poolOf('/users').upstreams[0], second)
  t.strictSame(upstreamsOf({ gateway, poolOf }, '/shop'), ['http://127.0.0.1:9*1'], 'the others stay')
})

t.test('a weight of 0 drains, also all of them', async t => {
  const { gateway, poolOf } = await createRunning(t, { apps: [{ name: 'users', port: 1 }] })
  gateway.setUpstreams('users', [{ url: '127.0.0.1:1', weight: 0 }])
  t.strictSame(upstreamsOf({ gateway, poolOf }, '/users'), ['http://127.0.0.1:1*0'])
  t.equal(gateway.isReady(), false)
  gateway.setUpstreams('users', '127.0.0.1:1')
  t.equal(gateway.isReady(), true)
})

const places: { name: string; prefix: string; upstreams: UpstreamListOptions; changed: string; expected: string[] }[] =
  [
    {
      name: 'a prefix without slashes',
      prefix: 'v1/users',
      upstreams: 'h:7',
      changed: '/v1/users',
      expected: ['http://h:7*1'],
    },
    {
      name: 'a prefix with slashes',
      prefix: '/v1/users/',
      upstreams: ['h:7'],
      changed: '/v1/users',
      expected: ['http://h:7*1'],
    },
    { name: 'the empty prefix', prefix: '', upstreams: 'h:7', changed: '', expected: ['http://h:7*1'] },
    { name: 'the empty prefix as a slash', prefix: '/', upstreams: 'h:7', changed: '', expected: ['http://h:7*1'] },
    {
      name: 'an extra proxy',
      prefix: 'api',
      upstreams: ['https://h', { url: 'h:8', weight: 0.5 }],
      changed: '/api',
      expected: ['https://h*1', 'http://h:8*0.5'],
    },
    {
      name: 'a bare host with the port of the app',
      prefix: 'v1/users',
      upstreams: ['h', 'i'],
      changed: '/v1/users',
      expected: ['http://h:3*1', 'http://i:3*1'],
    },
  ]

const PLACES: GatewayOptions = {
  apps: [{ name: 'users', prefix: 'v1/users', port: 3 }, { name: 'home', prefix: '', port: 4 }],
  extraProxy: [{ prefix: 'api', url: 'http://h:5' }],
}

for (const { name, prefix, upstreams, changed, expected } of places) {
  t.test(`upstreams are set for ${name}`, async t => {
    const running = await createRunning(t, PLACES)
    const others = ['/v1/users', '', '/api'].filter(each => each !== changed)
    const before = others.map(each => upstreamsOf(running, each))
    running.gateway.setUpstreams(prefix, upstreams)
    t.strictSame(upstreamsOf(running, changed), expected)
    t.strictSame(others.map(each => upstreamsOf(running, each)), before)
  })
}

t.test('the file of an authority is where the configuration is', async t => {
  const pem = readFileSync(new URL('../../fixtures/tls/name.cert.pem', import.meta.url), 'utf8')
  const { gateway, poolOf } = await createRunning(t, { apps: [{ name: 'users', port: 1 }] }, { 'ca.pem': pem })
  gateway.setUpstreams('users', [{ url: 'https://h:1', ca: 'ca.pem' }])
  t.equal(poolOf('/users').upstreams[0]!.target.ca, pem)
})

const UNKNOWN = 'there are "/v1/users", "/api", ""'

const faults: {
  name: string
  prefix: string
  upstreams: unknown
  problems: [path: string, message: string | RegExp][]
}[] = [
  {
    name: 'a prefix that no location has',
    prefix: 'nobody',
    upstreams: 'h:1',
    problems: [['prefix', `nothing has the prefix "nobody"; ${UNKNOWN}`]],
  },
  {
    name: 'a path below a prefix',
    prefix: 'api/x',
    upstreams: 'h:1',
    problems: [['prefix', `nothing has the prefix "api/x"; ${UNKNOWN}`]],
  },
  {
    name: 'a prefix that is none',
    prefix: '../api',
    upstreams: 'h:1',
    problems: [['prefix', `nothing has the prefix "../api"; ${UNKNOWN}`]],
  },
  { name: 'an address that is none', prefix: 'api', upstreams: 'ftp://h', problems: [['upstreams', /scheme/]] },
  {
    name: 'one of several that is none',
    prefix: 'api',
    upstreams: ['h:1', 'ftp://h', { url: '8001' }],
    problems: [
      ['upstreams[1]', /scheme/],
      ['upstreams[2]', /only a port/],
    ],
  },
  {
    name: 'a bare host for a location without a port',
    prefix: 'api',
    upstreams: 'h',
    problems: [['upstreams', /no port/]],
  },
  {
    name: 'an authority that is not there',
    prefix: 'api',
    upstreams: [{ url: 'https://h', ca: 'nowhere.pem' }],
    problems: [['upstreams[0].ca', /there is no file "nowhere.pem"/]],
  },
  {
    name: 'a weight below 0',
    prefix: 'api',
    upstreams: ['h:1', { url: 'h:2', weight: -1 }],
    problems: [['upstreams[1].weight', 'must be a number of at least 0, not -1']],
  },
  {
    name: 'no upstreams',
    prefix: 'api',
    upstreams: [],
    problems: [['upstreams', 'must be a list that is not empty, not []']],
  },
  {
    name: 'nothing',
    prefix: 'api',
    upstreams: undefined,
    problems: [['upstreams', 'must be a string or a list that is not empty, not missing']],
  },
  {
    name: 'an unknown property',
    prefix: 'api',
    upstreams: [{ url: 'h:1', wieght: 2 }],
    problems: [['upstreams[0].wieght', 'unknown option "wieght"; did you mean "weight"?']],
  },
  {
    name: 'the prefix and the shape',
    prefix: 'nobody',
    upstreams: 5,
    problems: [
      ['upstreams', 'must be a string or a list that is not empty, not 5'],
      ['prefix', `nothing has the prefix "nobody"; ${UNKNOWN}`],
    ],
  },
]

for (const { name, prefix, upstreams, problems } of faults) {
  t.test(`upstreams are refused, and nothing is changed: ${name}`, async t => {
    const running = await createRunning(t, PLACES)
    const before = ['/v1/users', '', '/api'].map(each => upstreamsOf(running, each))
    const error = failing(running.gateway, prefix, upstreams)
    t.equal(error.code, 'GW_ERR_CONFIG')
    t.strictSame(error.problems.map(({ path }) => path), problems.map(([path]) => path))
    t.match(error.problems.map(({ message }) => message), problems.map(([, message]) => message))
    t.strictSame(['/v1/users', '', '/api'].map(each => upstreamsOf(running, each)), before)
  })
}

t.test('a bare host takes the port of the port map, as in the options', async t => {
  const { gateway, poolOf } = await createRunning(t, { apps: [{ name: 'users' }], upstreams: { users: 'h' } }, { 'service_ports.json': '{ "users": "127.0.0.1:8001" }' })
  gateway.setUpstreams('users', ['h', 'i'])
  t.strictSame(upstreamsOf({ gateway, poolOf }, '/users'), ['http://h:8001*1', 'http://i:8001*1'])
})

t.test('a bare host takes the port of the app that has the route', async t => {
  const { gateway, poolOf } = await createRunning(t, { apps: [{ name: 'old.users', port: 1 }, { name: 'new.users', port: 2 }], noExportApps: ['old.users'] })
  gateway.setUpstreams('users', 'h')
  t.strictSame(upstreamsOf({ gateway, poolOf }, '/users'), ['http://h:2*1'])
})

t.test('new upstreams speak the protocol of their location, unless they set it themselves', async t => {
  const { gateway, poolOf } = await createRunning(t, { apps: [{ name: 'shop', http2: true, upstreams: 'h:1' }, { name: 'users', port: 1 }] })
  gateway.setUpstreams('shop', ['h:2', { url: 'h:3', http2: false }])
  gateway.setUpstreams('users', ['h:4', 'h2c://h:5', 'unix:/run/app.sock'])
  const spoken = (prefix: string) => poolOf(prefix).upstreams.map(({ target: { url, isHttp2 } }) => `${url} ${isHttp2}`)
  t.strictSame(spoken('/shop'), ['http://h:2 true', 'http://h:3 false'])
  t.strictSame(spoken('/users'), ['http://h:4 false', 'h2c://h:5 true', 'unix:/run/app.sock false'])
})

t.test('an address that speaks another protocol from now on is another upstream', async t => {
  const { gateway, poolOf } = await createRunning(t, { apps: [{ name: 'shop', upstreams: 'h:1' }] })
  const [before] = poolOf('/shop').upstreams
  gateway.setUpstreams('shop', [{ url: 'h:1', http2: true }])
  t.not(poolOf('/shop').upstreams[0], before)
})
