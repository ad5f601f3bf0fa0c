import t from 'tap'
import { confirmsPath, findOwnRedirect } from '../../../lib/dispatch/redirect-follower.ts'
import { createTarget } from '../locations.ts'

const target = createTarget('http://10.0.0.2:9001', { basePath: '/v2' })
const context = { prefix: '', upstreams: [target], basePath: '/v2', clientHosts: ['gw.example:8000'] }

const redirects: {
  name: string
  location: string | string[] | undefined
  statusCode?: number
  path: string | undefined
}[] = [
  { name: 'a path', location: '/v2/x/', path: '/x/' },
  { name: 'a path with a query', location: '/v2/x/?a=1&b=http://h/', path: '/x/?a=1&b=http://h/' },
  { name: "a fragment, which is nobody's but the client's", location: '/v2/x?a#b?c\nd', path: '/x?a' },
  { name: 'a path outside of the base', location: '/x', path: '/x' },
  { name: 'a path that climbs out of the base', location: '/v2/../x', path: '/x' },
  { name: '308', location: '/x', statusCode: 308, path: '/x' },
  { name: 'a URL of the upstream', location: 'http://10.0.0.2:9001/v2/x/', path: '/x/' },
  { name: 'a URL of the host that the client asked for', location: 'http://gw.example:8000/x/', path: '/x/' },
  { name: 'bytes above 127', location: '/caf\u00e9', path: '/caf\u00e9' },
  { name: 'another origin', location: 'http://10.0.0.3:9001/x/', path: undefined },
  { name: 'another port', location: 'http://10.0.0.2:9002/x/', path: undefined },
  { name: 'another host, without a scheme', location: '//evil.example/x/', path: undefined },
  { name: 'another host, as a browser reads it', location: '/\\evil.example/x/', path: undefined },
  { name: 'a relative reference', location: 'x/', path: undefined },
  { name: 'a query', location: '?x', path: undefined },
  { name: 'a fragment', location: '#x', path: undefined },
  { name: 'nothing but the upstream', location: 'http://10.0.0.2:9001', path: undefined },
  { name: 'nothing but the base', location: '/v2', path: undefined },
  { name: 'a space, which no request line can carry', location: '/a b', path: undefined },
  { name: 'a control character', location: '/a\u007fb', path: undefined },
  { name: 'two of them', location: ['/x', '/y'], path: undefined },
  { name: 'none', location: undefined, path: undefined },
  ...[200, 301, 302, 303, 304, 306, 309].map(statusCode => ({
    name: String(statusCode),
    location: '/x',
    statusCode,
    path: undefined,
  })),
]

for (const { name, location, statusCode = 307, path } of redirects) {
  t.test(`a redirect in the same app: ${name}: ${path === undefined ? 'no' : 'yes'}`, async t => {
    t.equal(findOwnRedirect({ statusCode, headers: location === undefined ? {} : { location } }, context), path)
  })
}

t.test('a remembered path goes on as long as it is answered', async t => {
  for (const statusCode of [200, 201, 204, 304, 400, 401, 403, 409, 422, 429]) {
    t.equal(confirmsPath(statusCode), true, String(statusCode))
  }
  for (const statusCode of [301, 302, 303, 307, 308, 404, 405, 500, 502, 503]) {
    t.equal(confirmsPath(statusCode), false, String(statusCode))
  }
})
