import t from 'tap'
import type { Problem } from '../../../lib/errors.ts'
import { discoverApps } from '../../../lib/discovery/discover.ts'
import type { PortMap } from '../../../lib/configuration/port-map.ts'
import { buildLocations } from '../../../lib/configuration/build-locations.ts'
import { parseUpstreams } from '../../../lib/configuration/parse-upstreams.ts'
import type { Location } from '../../../lib/location.ts'
import type { GatewayOptions } from '../../../lib/options/schema.ts'
import { resolveOptions } from '../../../lib/options/resolve.ts'

type Addresses = Record<string, string | null>

/** With inline apps only, so that nothing is read from a disk; `ports` is what the port map has. */
async function build (
  input: GatewayOptions,
  ports: Addresses = {}
): Promise<{ locations: Location[]; problems: Problem[] }> {
  const problems: Problem[] = []
  const options = resolveOptions(input, '/project', problems)
  const apps = await discoverApps(options, problems)
  return { locations: buildLocations(options, apps, portMap(ports), problems), problems }
}

function portMap (ports: Addresses): PortMap {
  const toTarget = (address: string) => parseUpstreams(address, { baseDir: '/', path: '' }, [])[0] ?? null
  return { file: 'ports.json', addresses: new Map(Object.entries(ports).map(([name, address]) => [name, address === null ? null : toTarget(address)])) }
}

const urlsOf = ({ locations }: { locations: Location[] }) =>
  locations.flatMap(({ upstreams }) => upstreams.map(({ url }) => url))

t.test('a location has every flag, with its default', async t => {
  const { locations, problems } = await build({ apps: [{ name: 'users', upstreams: 'http://h:1/v2' }] })
  t.same(problems, [])
  t.strictSame(locations, [
    {
      name: 'users',
      prefix: '/users',
      kind: 'app',
      port: null,
      upstreams: [
        {
          url: 'http://h:1/v2',
          origin: 'http://h:1',
          isSecure: false,
          host: 'h:1',
          hostname: 'h',
          port: 1,
          basePath: '/v2',
          isHttp2: false,
          socketPath: null,
          weight: 1,
          ca: null,
          insecure: false,
        },
      ],
      http2: false,
      rewrite: null,
      addSlashes: false,
      fastapiRedirect: false,
      redirectCache: true,
      prefixAware: false,
      cookiePath: 'rewrite',
      openapi: { mode: 'paths', documents: [], pages: [], maxBytes: 10_485_760 },
      addForwardedHost: true,
      rewriteHost: 'auto',
      httpClient: 'own',
      websocket: true,
      trace: false,
      timeouts: { connect: 5000, headers: 60_000, body: 60_000, stream: 0, request: 0 },
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
    },
  ])
})

t.test('no app and no extra proxy is an empty table', async t => {
  t.same(await build({}), { locations: [], problems: [] })
})

t.test('the longest prefix comes first, whatever it belongs to', async t => {
  const { locations } = await build({
    apps: [{ name: 'web', prefix: '', port: 1 }, { name: 'api', port: 2 }],
    extraProxy: [{ prefix: 'api/v2', url: 'http://h:3' }, { prefix: '/x/', url: 'http://h:4' }],
  })
  t.strictSame(locations.map(({ prefix }) => prefix), ['/api/v2', '/api', '/x', ''])
  t.strictSame(locations.map(({ name }) => name), ['/api/v2', 'api', '/x', 'web'])
  t.strictSame(locations.map(({ kind }) => kind), ['extra', 'app', 'extra', 'app'])
})

t.test('an extra proxy of the empty prefix is called by its slash', async t => {
  t.match(await build({ extraProxy: [{ prefix: '/', url: 'http://h:1' }] }), { locations: [{ name: '/', prefix: '' }], problems: [] })
})

t.test('the flags of an app win over those of the top level, and timeouts merge one by one', async t => {
  const { locations } = await build({
    addSlashes: true,
    addForwardedHost: false,
    rewriteHost: true,
    timeouts: { connect: '1s', body: '2s' },
    apps: [{ name: 'a', port: 1 }, { name: 'b', port: 1, addSlashes: false, addForwardedHost: true, rewriteHost: false, timeouts: { body: 0, request: '1m' } }],
    extraProxy: [{ prefix: 'c', url: 'http://h:1', timeouts: { connect: 7 } }],
  })
  t.match(locations.find(({ name }) => name === 'a'), { addSlashes: true, addForwardedHost: false, rewriteHost: true, timeouts: { connect: 1000, headers: 60_000, body: 2000, stream: 0, request: 0 } })
  t.match(locations.find(({ name }) => name === 'b'), { addSlashes: false, addForwardedHost: true, rewriteHost: false, timeouts: { connect: 1000, headers: 60_000, body: 0, stream: 0, request: 60_000 } })
  t.match(locations.find(({ name }) => name === '/c'), { addSlashes: true, timeouts: { connect: 7, body: 2000 } })
})

t.test('what an app needs behind its prefix is its own, or everybody\'s', async t => {
  const { locations } = await build({
    fastapiRedirect: true,
    redirectCache: false,
    prefixAware: true,
    cookiePath: 'isolate',
    apps: [{ name: 'a', port: 1 }, { name: 'b', port: 1, fastapiRedirect: false, redirectCache: true, prefixAware: false, cookiePath: 'keep' }],
  })
  t.match(locations, [
    { name: 'a', fastapiRedirect: true, redirectCache: false, prefixAware: true, cookiePath: 'isolate' },
    { name: 'b', fastapiRedirect: false, redirectCache: true, prefixAware: false, cookiePath: 'keep' },
  ])
})

const DEFAULTS = { mode: 'paths', documents: [], pages: [], maxBytes: 10_485_760 }

const openApis: { name: string, shared?: GatewayOptions['openapi'], own?: GatewayOptions['openapi'], expected: object | null }[] = [
  { name: 'on by default', expected: DEFAULTS },
  { name: 'off for all', shared: false, expected: null },
  { name: 'off for an app', shared: { mode: 'servers' }, own: false, expected: null },
  { name: 'on for an app alone', shared: false, own: {}, expected: DEFAULTS },
  { name: 'on for an app alone, in its own way', shared: false, own: { mode: 'servers' }, expected: { ...DEFAULTS, mode: 'servers' } },
  { name: 'set for all', shared: { mode: 'servers', documents: ['/a'], pages: ['/b'], maxBytes: '1KB' }, expected: { mode: 'servers', documents: ['/a'], pages: ['/b'], maxBytes: 1024 } },
  { name: 'an app\'s own part, and the rest of what is set for all', shared: { mode: 'servers', documents: ['/a'], maxBytes: 5 }, own: { documents: ['/c'], maxBytes: 0 }, expected: { mode: 'servers', documents: ['/c'], pages: [], maxBytes: 0 } },
]

for (const { name, shared, own, expected } of openApis) {
  t.test(`API documents: ${name}`, async t => {
    const { locations, problems } = await build({ ...(shared !== undefined && { openapi: shared }), apps: [{ name: 'a', port: 1, ...(own !== undefined && { openapi: own }) }] })
    t.same(problems, [])
    t.strictSame(locations[0]!.openapi, expected)
  })
}

t.test('a size that is none is a problem, and nothing follows from it', async t => {
  const { problems } = await build({ apps: [{ name: 'a', port: 1, openapi: { maxBytes: '10 apples' } }] })
  t.strictSame(problems.map(({ path }) => path), ['apps[0].openapi.maxBytes'])
})

t.test('a rewrite is compiled, an own one instead of that of the top level', async t => {
  const { locations, problems } = await build({ rewrite: ['^/(.*)$', '/all/$1'], apps: [{ name: 'a', port: 1 }, { name: 'b', port: 1, rewrite: ['^/b', '/own'] }] })
  t.same(problems, [])
  t.match(locations, [{ name: 'a', rewrite: { pattern: /^\/(.*)$/, replacement: '/all/$1' } }, { name: 'b', rewrite: { pattern: /^\/b/, replacement: '/own' } }])
})

t.test('a rewrite that does not compile is a problem where it stands, that of the top level once', async t => {
  const { problems } = await build({
    rewrite: ['(', 'x'],
    apps: [{ name: 'a', port: 1 }, { name: 'b', port: 1, rewrite: [')', 'x'] }, { name: 'c', port: 1 }],
    extraProxy: [{ prefix: 'd', url: 'http://h:1', rewrite: ['[', 'x'] }],
  })
  t.strictSame(problems.map(({ path }) => path), ['rewrite', 'apps[1].rewrite', 'extraProxy[0].rewrite'])
})

t.test('all weights 0 is a location whose response is 503, not a problem', async t => {
  t.match(await build({ apps: [{ name: 'a', upstreams: [{ url: 'h:1', weight: 0 }] }] }), { problems: [], locations: [{ upstreams: [{ weight: 0 }] }] })
})

const orders: { name: string, input: GatewayOptions, ports?: Addresses, urls: string[] }[] = [
  { name: 'the option first', input: { upstreams: { users: 'h:1' }, apps: [{ name: 'users', upstreams: 'h:2', port: 3 }] }, ports: { users: 'h:4' }, urls: ['http://h:1'] },
  { name: 'its own upstreams next', input: { apps: [{ name: 'users', upstreams: ['h:2', 'h:22'], port: 3 }] }, ports: { users: 'h:4' }, urls: ['http://h:2', 'http://h:22'] },
  { name: 'its own port next', input: { defaultUpstream: '10.0.0.9', apps: [{ name: 'users', port: 3 }] }, ports: { users: 'h:4' }, urls: ['http://10.0.0.9:3'] },
  { name: 'the port map last', input: { apps: [{ name: 'users' }] }, ports: { users: 'h:4' }, urls: ['http://h:4'] },
  { name: 'an IPv6 host by default', input: { defaultUpstream: '::1', apps: [{ name: 'users', port: 3 }] }, urls: ['http://[::1]:3'] },
  { name: 'the option by a prefix with slashes', input: { upstreams: { '/users/': 'h:1' }, apps: [{ name: 'users' }] }, urls: ['http://h:1'] },
  { name: 'the option by a prefix, not by a name', input: { upstreams: { people: 'h:1' }, apps: [{ name: 'users', prefix: '/people' }] }, urls: ['http://h:1'] },
  { name: 'the option by the empty prefix', input: { upstreams: { '': 'h:1' }, apps: [{ name: 'users', prefix: '' }] }, urls: ['http://h:1'] },
  { name: 'the option by a slash', input: { upstreams: { '/': 'h:1' }, apps: [{ name: 'users', prefix: '/' }] }, urls: ['http://h:1'] },
  { name: 'the option for an extra proxy', input: { upstreams: { api: ['h:1'] }, extraProxy: [{ prefix: 'api', url: 'http://h:2' }] }, urls: ['http://h:1'] },
  { name: 'the option for an extra proxy that has none', input: { upstreams: { api: 'h:1' }, extraProxy: [{ prefix: 'api' }] }, urls: ['http://h:1'] },
  { name: 'the upstreams of an extra proxy', input: { extraProxy: [{ prefix: 'api', upstreams: ['h:1', 'h:2'] }] }, urls: ['http://h:1', 'http://h:2'] },
  { name: 'a bare host with the port of the app', input: { upstreams: { users: ['h', 'i'] }, apps: [{ name: 'users', port: 3 }] }, ports: { users: 'x:4' }, urls: ['http://h:3', 'http://i:3'] },
  { name: 'a bare host with the port of the port map', input: { upstreams: { users: 'h' }, apps: [{ name: 'users' }] }, ports: { users: 'x:4' }, urls: ['http://h:4'] },
  { name: 'an own bare host with its own port', input: { apps: [{ name: 'users', port: 3, upstreams: 'h' }] }, urls: ['http://h:3'] },
  { name: 'the port map by the full name before the label', input: { apps: [{ name: 'apps.users' }] }, ports: { users: 'h:1', 'apps.users': 'h:2' }, urls: ['http://h:2'] },
  { name: 'the port map by the label', input: { apps: [{ name: 'apps.users' }] }, ports: { users: 'h:1', other: 'h:3' }, urls: ['http://h:1'] },
]

for (const { name, input, ports, urls } of orders) {
  t.test(`an address is looked for in its order: ${name}`, async t => {
    const built = await build(input, ports)
    t.same(built.problems, [])
    t.strictSame(urlsOf(built), urls)
  })
}

const faults: { name: string, input: GatewayOptions, ports?: Addresses, problems: [string, string | RegExp][] }[] = [
  {
    name: 'an app without an address',
    input: { apps: [{ name: 'apps.users', prefix: 'people' }] },
    problems: [['apps[0]', 'the app "apps.users" has no address: the option "upstreams" has no "people", the app itself has neither "upstreams" nor a "port" for "defaultUpstream", and ports.json has no "apps.users" or "users"; add one of these, or name the app in "noExportApps"']],
  },
  { name: 'an extra proxy without an address', input: { extraProxy: [{ prefix: 'api' }] }, problems: [['extraProxy[0]', 'has no address: give it a "url" or "upstreams", or name "api" in the option "upstreams"']] },
  { name: 'an extra proxy with two', input: { extraProxy: [{ prefix: 'api', url: 'http://h:1', upstreams: 'h:2' }] }, problems: [['extraProxy[0]', 'has both "url" and "upstreams"; keep one of them']] },
  { name: 'an address that is none, in the option', input: { upstreams: { users: ['ftp://h'] }, apps: [{ name: 'users' }] }, problems: [['upstreams.users[0]', /scheme/]] },
  { name: 'an address that is none, of an app', input: { apps: [{ name: 'users', upstreams: 'ftp://h' }] }, problems: [['apps[0].upstreams', /scheme/]] },
  { name: 'an address that is none, of an extra proxy', input: { extraProxy: [{ prefix: 'a', url: 'h' }, { prefix: 'b', upstreams: ['ftp://h'] }] }, problems: [['extraProxy[0].url', /no port/], ['extraProxy[1].upstreams[0]', /scheme/]] },
  { name: 'a bare host without a port', input: { upstreams: { users: 'h' }, apps: [{ name: 'users' }] }, ports: { users: null }, problems: [['upstreams.users', /it has no port, and neither has its app/]] },
  { name: 'a prefix twice in the option', input: { upstreams: { users: 'h:1', '/users/': 'h:2' }, apps: [{ name: 'users' }] }, problems: [['upstreams.users', 'names "users" twice, as "users" and "/users/"; keep one of them']] },
  { name: 'a typing error in the option', input: { upstreams: { usres: 'h:1' }, apps: [{ name: 'users', port: 1 }] }, problems: [['upstreams.usres', 'nothing has the prefix "usres"; did you mean "users"?']] },
  { name: 'something else in the option', input: { upstreams: { warehouse: 'h:1' }, apps: [{ name: 'users', port: 1 }], extraProxy: [{ prefix: 'v1/api', url: 'h:1' }] }, problems: [['upstreams.warehouse', 'nothing has the prefix "warehouse"; known are "users", "v1/api"']] },
  { name: 'something in the option, and nothing else', input: { upstreams: { 'a//b': 'h:1' } }, problems: [['upstreams["a//b"]', 'nothing has the prefix "a//b"; known are none']] },
  { name: 'an app in the option that gets no route', input: { upstreams: { users: 'h:1' }, apps: [{ name: 'users' }], noExportApps: ['users'] }, problems: [['upstreams.users', 'the app "users" gets no route (in noExportApps)']] },
  { name: 'a prefix of two apps', input: { apps: [{ name: 'a.users', port: 1 }, { name: 'b.users', port: 2 }] }, problems: [['apps[1].prefix', '"b.users" (apps[1]) and "a.users" (apps[0]) both have the prefix "/users"; give one of them another "prefix"']] },
  { name: 'a prefix of an app and an extra proxy', input: { apps: [{ name: 'users', port: 1 }], extraProxy: [{ prefix: '/users/', url: 'h:1' }] }, problems: [['extraProxy[0].prefix', '"/users" (extraProxy[0]) and "users" (apps[0]) both have the prefix "/users"; give one of them another "prefix"']] },
  { name: 'a prefix that is none', input: { apps: [{ name: 'my app', port: 1 }], extraProxy: [{ prefix: '../x', url: 'h:1' }] }, problems: [['apps[0].prefix', '"my app" cannot be a prefix: give "my app" one of letters, digits and -._~, such as "users" or "v1/users"'], ['extraProxy[0].prefix', /^"\.\.\/x" cannot be a prefix/]] },
]

for (const { name, input, ports, problems } of faults) {
  t.test(`a routing table is refused: ${name}`, async t => {
    const built = await build(input, ports)
    t.strictSame(built.problems.map(({ path }) => path), problems.map(([path]) => path))
    t.match(built.problems.map(({ message }) => message), problems.map(([, message]) => message))
  })
}

// Shapes that the types forbid, as a file may have them.
const consequences: { name: string, input: object, ports?: Addresses, path: string }[] = [
  { name: 'its own upstreams are wrong', input: { apps: [{ name: 'users', upstreams: 5 }] }, path: 'apps[0].upstreams' },
  { name: 'one of its upstreams is wrong', input: { apps: [{ name: 'users', upstreams: [{}] }] }, path: 'apps[0].upstreams[0].url' },
  { name: 'its port is wrong', input: { apps: [{ name: 'users', port: 'x' }] }, path: 'apps[0].port' },
  { name: 'its entry in the option is wrong', input: { apps: [{ name: 'users' }], upstreams: { '/users': 5 } }, path: 'upstreams["/users"]' },
  { name: 'the option is wrong', input: { apps: [{ name: 'users' }], upstreams: 5 }, path: 'upstreams' },
  { name: 'the url of an extra proxy is wrong', input: { extraProxy: [{ prefix: 'a', url: 5 }] }, path: 'extraProxy[0].url' },
  { name: 'the entry of an extra proxy in the option is wrong', input: { extraProxy: [{ prefix: 'a' }], upstreams: { a: 5 } }, path: 'upstreams.a' },
  { name: 'the app of an address has no name', input: { apps: [{ label: 'users', port: 1 }], upstreams: { users: 'h:1' } }, path: 'apps[0].name' },
  { name: 'the prefix of an app is wrong', input: { apps: [{ name: 'a', port: 1, prefix: 5 }], upstreams: { users: 'h:1' } }, path: 'apps[0].prefix' },
  { name: 'the app of an address is not there', input: { installedApps: ['nobody'], upstreams: { nobody: 'h:1' } }, path: 'installedApps[0]' },
  { name: 'two prefixes are one only because one of them is wrong', input: { apps: [{ name: 'a', port: 1, prefix: 5 }, { name: 'b', prefix: 'a', port: 1 }] }, path: 'apps[0].prefix' },
]

for (const { name, input, ports, path } of consequences) {
  t.test(`what follows from another problem is not reported: ${name}`, async t => {
    const { problems } = await build(input, ports)
    t.strictSame(problems.map(problem => problem.path), [path])
  })
}

t.test('an app whose entry in the port map is wrong, which was reported, is not reported again', async t => {
  t.match(await build({ apps: [{ name: 'users' }] }, { users: null }), { problems: [], locations: [{ upstreams: [] }] })
})

t.test('a problem that hides no prefix does not hide an unknown one', async t => {
  const { problems } = await build({ installedApps: ['nobody'], apps: [{ name: 'users', port: 1, addSlashes: 5 as unknown as boolean }], upstreams: { warehouse: 'h:1' } })
  t.strictSame(problems.map(({ path }) => path), ['apps[0].addSlashes', 'installedApps[0]', 'upstreams.warehouse'])
})

t.test('HTTP/2 is spoken to all upstreams of a location with that flag, wherever their addresses are written', async t => {
  const { locations, problems } = await build({
    http2: true,
    defaultUpstream: 'h',
    upstreams: { option: 'h:1' },
    apps: [
      { name: 'option' }, { name: 'own', upstreams: ['h:2', { url: 'h:3', http2: false }] }, { name: 'default', port: 4 }, { name: 'mapped' },
      { name: 'old', http2: false, upstreams: ['h:6', 'h2c://h:7'] },
    ],
    extraProxy: [{ prefix: 'url', url: 'h:8' }, { prefix: 'list', upstreams: ['h:9'] }],
  }, { mapped: 'h:5' })
  t.same(problems, [])
  const spoken = locations.flatMap(({ upstreams }) => upstreams.map(({ url, isHttp2 }) => `${url} ${isHttp2}`)).sort()
  t.strictSame(spoken, [
    'h2c://h:7 true', 'http://h:1 true', 'http://h:2 true', 'http://h:3 false', 'http://h:4 true', 'http://h:5 true', 'http://h:6 false', 'http://h:8 true', 'http://h:9 true',
  ])
  t.strictSame(locations.filter(({ http2 }) => !http2).map(({ name }) => name), ['old'])
})

t.test('an app may be mapped to a socket or to HTTP/2, which give no port to bare hosts', async t => {
  const { locations, problems } = await build({ apps: [{ name: 'a' }, { name: 'b' }] }, { a: 'unix:/run/a.sock', b: 'h2c://h:1' })
  t.same(problems, [])
  t.strictSame(locations.map(({ upstreams: [upstream], port }) => [upstream!.url, upstream!.isHttp2, port]), [['unix:/run/a.sock', false, null], ['h2c://h:1', true, 1]])
})
