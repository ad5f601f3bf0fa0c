import t from 'tap'
import { describeRoutes } from '../../cli/routes.ts'
import { renderRoutes, renderUnexported } from '../../cli/route-table.ts'
import { resolveConfiguration } from '../../lib/configuration/resolve.ts'
import type { GatewayOptions } from '../../lib/options/schema.ts'

async function resolve (options: GatewayOptions) {
  return await resolveConfiguration(options, process.cwd())
}

const options: GatewayOptions = {
  apps: [
    { name: 'users', upstreams: ['http://127.0.0.1:8001', { url: 'http://127.0.0.1:8002', weight: 3 }] },
    { name: 'apps.shop.catalogue-of-everything', prefix: 'catalogue/of/everything', upstreams: 'http://catalogue.internal.example.com:8443/v2/public' },
  ],
  extraProxy: [{ prefix: '', url: 'http://127.0.0.1:3000' }],
}

t.test('the routes at 80 columns', async t => {
  const { locations } = await resolve(options)
  t.same(renderRoutes(locations, 80), [
    'PREFIX                   APP                      UPSTREAMS                SHARE',
    '/catalogue/of/everythi…  apps.shop.catalogue-of…  http://cata…3/v2/public',
    '/users                   users                    http://127.0.0.1:8001    25 %',
    '                                                  http://127.0.0.1:8002    75 %',
    '/                        (extra proxy)            http://127.0.0.1:3000',
  ])
})

t.test('the routes at 60 columns', async t => {
  const { locations } = await resolve(options)
  t.same(renderRoutes(locations, 60), [
    'PREFIX         APP             UPSTREAMS               SHARE',
    '/catalogue/o…  apps.shop.cat…  http://cata…/v2/public',
    '/users         users           http://127.0.0.1:8001   25 %',
    '                               http://127.0.0.1:8002   75 %',
    '/              (extra proxy)   http://127.0.0.1:3000',
  ])
})

t.test('an app is drained when no upstream has a weight', async t => {
  const { locations } = await resolve({ apps: [{ name: 'old', upstreams: [{ url: 'http://127.0.0.1:9001', weight: 0 }] }] })
  t.same(renderRoutes(locations, 80), [
    'PREFIX  APP  UPSTREAMS              SHARE',
    '/old    old  http://127.0.0.1:9001  drained',
  ])
})

t.test('many upstreams are counted, and very small shares are not nothing', async t => {
  const upstreams = Array.from({ length: 20 }, (_, index) => ({ url: `http://10.0.0.${index}:80`, weight: index === 0 ? 1 : 100 }))
  const { locations } = await resolve({ apps: [{ name: 'users', upstreams }] })
  t.same(renderRoutes(locations, 80), [
    'PREFIX  APP    UPSTREAMS        SHARE',
    '/users  users  http://10.0.0.0  <1 %',
    '               http://10.0.0.1  5 %',
    '               http://10.0.0.2  5 %',
    '               http://10.0.0.3  5 %',
    '               http://10.0.0.4  5 %',
    '               ... and 15 more',
  ])
})

t.test('a gateway without routes says so', async t => {
  t.same(renderRoutes([], 80), ['No routes: no app is exported, so every request is answered 404.'])
})

t.test('apps without a route are listed with the reason', async t => {
  const app = { label: '', prefix: '', dir: null, dottedPath: null, fieldBase: '', flags: {}, source: '', baseDir: '' }
  const apps = [{ ...app, name: 'billing', isExported: false, reason: 'in noExportApps' }, { ...app, name: 'users', isExported: true, reason: 'has urls.py' }]
  t.same(renderUnexported(apps, 80), ['Found, without a route:', '  billing  in noExportApps'])
  t.same(renderUnexported(apps.slice(1), 80), [])
})

t.test('for machines, every location has an example of what becomes of a request', async t => {
  const { locations } = await resolve({
    addSlashes: true,
    apps: [{ name: 'users', rewrite: ['^/users/(.*)$', '/api/$1'], upstreams: [{ url: 'http://127.0.0.1:8001/v2', weight: 2 }] }],
    extraProxy: [{ prefix: '', url: 'http://127.0.0.1:3000', addSlashes: false }],
  })
  t.same(describeRoutes(locations), [{
    prefix: '/users',
    app: 'users',
    kind: 'app',
    upstreams: [{ url: 'http://127.0.0.1:8001/v2', weight: 2 }],
    rewrite: ['^/users/(.*)$', '/api/$1'],
    addSlashes: true,
    example: { request: '/users/example?page=1', upstream: 'http://127.0.0.1:8001/v2/api/example/?page=1' },
  }, {
    prefix: '',
    app: null,
    kind: 'extra',
    upstreams: [{ url: 'http://127.0.0.1:3000', weight: 1 }],
    rewrite: null,
    addSlashes: false,
    example: { request: '/example?page=1', upstream: 'http://127.0.0.1:3000/example?page=1' },
  }])
})

t.test('a location has no example when that would be refused', async t => {
  const { locations } = await resolve({ apps: [{ name: 'users', rewrite: ['^/users/.*$', '/../up'], upstreams: 'http://127.0.0.1:8001' }] })
  t.equal(describeRoutes(locations)[0]!.example, null)
})
