import t from 'tap'
import { resolve } from 'node:path'
import type { Problem } from '../../../lib/errors.ts'
import { fillGroup } from '../../../lib/options/fill-group.ts'
import { resolveOptions, type ResolvedOptions } from '../../../lib/options/resolve.ts'
import { GatewaySchema } from '../../../lib/options/schema.ts'

function resolved (input: unknown): { options: ResolvedOptions, problems: Problem[] } {
  const problems: Problem[] = []
  return { options: resolveOptions(input, '/project', problems), problems }
}

t.test('no options are all the defaults', async t => {
  for (const input of [undefined, null, {}]) {
    const { options, problems } = resolved(input)
    t.same(problems, [])
    t.strictSame(options, {
      baseDir: '/project',
      appsDir: resolve('/project/apps'),
      installedApps: [],
      noExportApps: [],
      portMapFile: { path: resolve('/project/service_ports.json'), isRequired: false },
      apps: [],
      extraProxy: [],
      upstreams: {},
      defaultUpstream: '127.0.0.1',
      flags: {},
      trustedProxies: [],
      cors: null,
      static: null,
      tls: null,
      shutdown: { delay: 0, gracePeriod: 10_000 },
      server: {
        headersTimeout: 60_000,
        requestTimeout: 0,
        keepAliveTimeout: 72_000,
        connectionTimeout: 0,
        maxHeaderSize: 16_384,
      },
    })
  }
})

t.test('what the user wrote is resolved, and stays as it was', async t => {
  const input = {
    appsDir: 'src',
    portMapFile: '/etc/ports.json',
    addSlashes: true,
    timeouts: { connect: '1s' },
    shutdown: { gracePeriod: '1m' },
    server: { keepAliveTimeout: 5 },
    apps: [{ name: 'a', timeouts: { body: 0 } }],
  }
  const before = structuredClone(input)
  const { options, problems } = resolved(input)
  t.same(problems, [])
  t.equal(options.appsDir, resolve('/project/src'))
  t.strictSame(options.portMapFile, { path: resolve('/etc/ports.json'), isRequired: true })
  t.strictSame(options.flags, { addSlashes: true, timeouts: { connect: '1s' } })
  t.strictSame(options.shutdown, { delay: 0, gracePeriod: 60_000 })
  t.equal(options.server.keepAliveTimeout, 5)
  t.equal(options.server.headersTimeout, 60_000)
  t.strictSame(input, before)
})

t.test('an app is not filled with defaults, which would hide the flags of the top level', async t => {
  const { options } = resolved({ addSlashes: true, apps: [{ name: 'a', timeouts: { body: 0 } }], extraProxy: [{ prefix: 'b', url: 'http://b:1' }] })
  t.strictSame(options.apps, [{ name: 'a', timeouts: { body: 0 } }])
  t.strictSame(options.extraProxy, [{ prefix: 'b', url: 'http://b:1' }])
})

t.test('an option that is undefined was left out', async t => {
  const { options, problems } = resolved({
    appsDir: undefined,
    portMapFile: undefined,
    addSlashes: undefined,
    shutdown: { gracePeriod: undefined },
  })
  t.same(problems, [])
  t.equal(options.appsDir, resolve('/project/apps'))
  t.equal(options.portMapFile.isRequired, false)
  t.strictSame(options.flags, {})
  t.strictSame(options.shutdown, { delay: 0, gracePeriod: 10_000 })
})

t.test('what is wrong is left out of the result, and the rest is kept in its place', async t => {
  const { options, problems } = resolved({
    installedApps: [5, 'users'],
    apps: [{ name: 'a', port: 'x', label: 'b' }, {}, { name: 'c' }],
    upstreams: { 'v1.a': ['h:1', { url: 'h:2', weight: -1 }, {}], b: 5, c: 'h:3' },
    rewrite: [1],
    timeouts: { connect: 'x', body: 1 },
    nope: 1,
    addSlashes: true,
  })
  t.equal(problems.length, 9)
  t.equal(options.installedApps[1], 'users')
  t.notOk(0 in options.installedApps)
  t.strictSame(options.apps[0], { name: 'a', label: 'b' })
  t.notOk(1 in options.apps)
  t.strictSame(options.apps[2], { name: 'c' })
  t.strictSame(options.upstreams, { 'v1.a': ['h:1', { url: 'h:2' }, ,], c: 'h:3' }) // eslint-disable-line no-sparse-arrays
  t.strictSame(options.flags, { timeouts: { body: 1 }, addSlashes: true })
})

t.test('what is no object at all leaves the defaults', async t => {
  for (const input of [5, 'x', [], () => {}]) {
    const { options, problems } = resolved(input)
    t.match(problems, [{ path: '', message: /^must be an object/ }])
    t.equal(problems.length, 1)
    t.equal(options.defaultUpstream, '127.0.0.1')
  }
})

t.test('functions, circles and prototypes are reported and do no harm', async t => {
  const circle: Record<string, unknown> = {}
  circle.apps = circle
  t.match(resolved(circle).problems, [{ path: 'apps' }])
  t.match(resolved({ apps: [() => {}] }).problems, [{ path: 'apps[0]' }])
  const { options } = resolved(JSON.parse('{ "__proto__": { "appsDir": "evil" }, "upstreams": { "__proto__": "h:1" } }'))
  t.equal(options.appsDir, resolve('/project/apps'))
  t.ok(Object.hasOwn(options.upstreams, '__proto__'))
})

const hosts: { host: string, isHost: boolean }[] = [
  { host: 'localhost', isHost: true },
  { host: '10.0.0.5', isHost: true },
  { host: '::1', isHost: true },
  { host: '[::1]', isHost: true },
  { host: 'my_app.internal', isHost: true },
  { host: 'http://10.0.0.5', isHost: false },
  { host: '10.0.0.5:80', isHost: false },
  { host: '10.0.0.500', isHost: false },
  { host: 'a b', isHost: false },
  { host: 'a/b', isHost: false },
  { host: '[nope]', isHost: false },
]

for (const { host, isHost } of hosts) {
  t.test(`defaultUpstream is a host and nothing else: ${host}`, async t => {
    const { options, problems } = resolved({ defaultUpstream: host })
    t.strictSame(problems.map(({ path }) => path), isHost ? [] : ['defaultUpstream'])
    t.equal(options.defaultUpstream, isHost ? host : '127.0.0.1')
  })
}

t.test('trustedProxies are addresses and CIDRs', async t => {
  const { options, problems } = resolved({ trustedProxies: [5, '10.1.2.3', 'localhost', '2001:db8::/32'] })
  t.strictSame(options.trustedProxies, [{ address: '10.1.2.3', bits: 32, family: 'ipv4' }, { address: '2001:db8::', bits: 32, family: 'ipv6' }])
  t.strictSame(problems.map(({ path }) => path), ['trustedProxies[0]', 'trustedProxies[2]'])
})

t.test('durations merge by property, the later ones win, and what a timer cannot hold is as long as it can', async t => {
  const schema = GatewaySchema.properties.timeouts
  t.strictSame(fillGroup(schema, { connect: '1s', body: 5 }, undefined, { body: '2m', stream: '9999h', headers: undefined }), {
    connect: 1000, headers: 60_000, body: 120_000, stream: 2_147_483_647, request: 0,
  })
})
