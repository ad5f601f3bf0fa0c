import t from 'tap'
import { rootCertificates } from 'node:tls'
import type { Problem } from '../../../lib/errors.ts'
import { joinHostPort, parseUpstreams } from '../../../lib/configuration/parse-upstreams.ts'
import type { UpstreamTarget } from '../../../lib/location.ts'
import type { UpstreamListOptions } from '../../../lib/options/schema.ts'

const [certificate = ''] = rootCertificates

function parse (list: UpstreamListOptions, { port, baseDir = '/' }: { port?: number, baseDir?: string } = {}) {
  const problems: Problem[] = []
  return { targets: parseUpstreams(list, { port, baseDir, path: 'upstreams.users' }, problems), problems }
}

const good: { address: string, port?: number, url: string, basePath?: string, host: string }[] = [
  { address: 'http://10.0.0.5:8001', url: 'http://10.0.0.5:8001', host: '10.0.0.5:8001' },
  { address: 'http://10.0.0.5:8001/', url: 'http://10.0.0.5:8001', host: '10.0.0.5:8001' },
  { address: 'https://api.example.com/v2/', url: 'https://api.example.com/v2', basePath: '/v2', host: 'api.example.com' },
  { address: 'HTTP://API.example.com:80', url: 'http://api.example.com', host: 'api.example.com' },
  { address: 'http://10.0.0.5', port: 8001, url: 'http://10.0.0.5', host: '10.0.0.5' },
  { address: '127.0.0.1:8001', url: 'http://127.0.0.1:8001', host: '127.0.0.1:8001' },
  { address: '127.0.0.1:80', port: 8001, url: 'http://127.0.0.1', host: '127.0.0.1' },
  { address: '127.0.0.1:8001/v2', port: 9, url: 'http://127.0.0.1:8001/v2', basePath: '/v2', host: '127.0.0.1:8001' },
  { address: '[::1]:8001', url: 'http://[::1]:8001', host: '[::1]:8001' },
  { address: '10.0.0.5', port: 8001, url: 'http://10.0.0.5:8001', host: '10.0.0.5:8001' },
  { address: 'users.internal/v2', port: 8001, url: 'http://users.internal:8001/v2', basePath: '/v2', host: 'users.internal:8001' },
  { address: '[::1]', port: 8001, url: 'http://[::1]:8001', host: '[::1]:8001' },
  { address: '::1', port: 8001, url: 'http://[::1]:8001', host: '[::1]:8001' },
  { address: 'fe80::', port: 8001, url: 'http://[fe80::]:8001', host: '[fe80::]:8001' },
  { address: 'localhost', port: 80, url: 'http://localhost', host: 'localhost' },
]

for (const { address, port, url, basePath = '', host } of good) {
  t.test(`an address is read: ${address}${port === undefined ? '' : ` of an app on ${port}`}`, async t => {
    const { targets, problems } = parse(address, { port })
    t.same(problems, [])
    const [, hostname, listening] = /^\[?(.*?)\]?(?::(\d+))?$/.exec(host)!
    const defaultPort = url.startsWith('https') ? 443 : 80
    t.strictSame(targets, [{ url, origin: url.slice(0, url.length - basePath.length), isSecure: url.startsWith('https'), host, hostname, port: Number(listening ?? defaultPort), basePath, isHttp2: false, socketPath: null, weight: 1, ca: null, insecure: false }])
  })
}

const UNIX_REMEDY = 'write "unix:" and the socket\'s absolute path, such as "unix:/run/app.sock"'
const BASE_REMEDY = 'behind the socket\'s path there may be a colon and a base path, as in "unix:/run/app.sock:/v2"'

const bad: { address: string, remedy: string }[] = [
  { address: '', remedy: 'write "http://host:port", "host:port" or a host' },
  { address: 'a b', remedy: 'write "http://host:port", "host:port" or a host' },
  { address: ' http://a', remedy: 'write "http://host:port", "host:port" or a host' },
  { address: 'http://a\n', remedy: 'write "http://host:port", "host:port" or a host' },
  { address: 'http://a\u0000', remedy: 'write "http://host:port", "host:port" or a host' },
  { address: 'http:\\\\a', remedy: 'write "http://host:port", "host:port" or a host' },
  { address: 'http:/a', remedy: 'write "http://host:port", "host:port" or a host' },
  { address: 'host:', remedy: 'write "http://host:port", "host:port" or a host' },
  { address: 'http://host:/v2', remedy: 'write "http://host:port", "host:port" or a host' },
  { address: 'host:99999', remedy: 'write "http://host:port", "host:port" or a host' },
  { address: 'mailto:root', remedy: 'write "http://host:port", "host:port" or a host' },
  { address: '8001', remedy: 'it is only a port; write "127.0.0.1:8001"' },
  { address: 'host:0', remedy: 'no server listens on port 0' },
  { address: 'ftp://a', remedy: 'its scheme must be http, https, h2c or unix' },
  { address: 'h2://a:1', remedy: 'its scheme must be http, https, h2c or unix' },
  { address: 'ws://a:1', remedy: 'its scheme must be http, https, h2c or unix' },
  { address: 'http://user:secret@a', remedy: 'it may not hold a user name or a password' },
  { address: 'http://:secret@a', remedy: 'it may not hold a user name or a password' },
  { address: 'http://a/?x', remedy: 'it may have a path, but no query and no fragment' },
  { address: 'http://a/#x', remedy: 'it may have a path, but no query and no fragment' },
  { address: 'host', remedy: 'it has no port, and neither has its app' },
  { address: 'h2c://user@a', remedy: 'it may not hold a user name or a password' },
  { address: 'h2c://a/?x', remedy: 'it may have a path, but no query and no fragment' },
  { address: 'h2c://a:0', remedy: 'no server listens on port 0' },
  { address: 'unix:', remedy: UNIX_REMEDY },
  { address: 'unix:app.sock', remedy: UNIX_REMEDY },
  { address: 'unix:./app.sock', remedy: UNIX_REMEDY },
  { address: 'unix://app.sock', remedy: UNIX_REMEDY },
  { address: 'unix:////app.sock', remedy: UNIX_REMEDY },
  { address: 'unix:/run/', remedy: UNIX_REMEDY },
  { address: 'unix:/', remedy: UNIX_REMEDY },
  { address: 'unix:/a\u0000b', remedy: UNIX_REMEDY },
  { address: 'unix:/a\nb', remedy: UNIX_REMEDY },
  { address: `unix:/${'x'.repeat(107)}`, remedy: 'a socket\'s path has at most 107 bytes' },
  { address: `unix:/${'é'.repeat(54)}`, remedy: 'a socket\'s path has at most 107 bytes' },
  { address: 'unix:/app.sock:', remedy: BASE_REMEDY },
  { address: 'unix:/app.sock:v2', remedy: BASE_REMEDY },
  { address: 'unix:/app.sock:/a b', remedy: BASE_REMEDY },
  { address: 'unix:/app.sock:/a?b', remedy: 'it may have a path, but no query and no fragment' },
  { address: 'unix:/app.sock:/a#b', remedy: 'it may have a path, but no query and no fragment' },
]

for (const { address, remedy } of bad) {
  t.test(`what is no address is refused: ${JSON.stringify(address)}`, async t => {
    const { targets, problems } = parse(address)
    t.same(targets, [])
    t.strictSame(problems, [{ path: 'upstreams.users', message: `${JSON.stringify(address)} is not an address: ${remedy}` }])
  })
}

t.test('a list has weights, keeps its order, and loses what is wrong', async t => {
  const { targets, problems } = parse(['a:1', { url: 'b:1', weight: 0 }, 'ftp://c', { url: 'https://d', weight: 2.5, insecure: true }, { url: 'e' }])
  t.match(targets, [{ url: 'http://a:1', weight: 1 }, { url: 'http://b:1', weight: 0 }, { url: 'https://d', weight: 2.5, insecure: true }])
  t.equal(targets.length, 3)
  t.strictSame(problems.map(({ path }) => path), ['upstreams.users[2]', 'upstreams.users[4]'])
})

t.test('a hole in a list, which is a problem that was reported, is passed over', async t => {
  const list: string[] = []
  list[1] = 'a:1'
  t.match(parse(list), { targets: [{ url: 'http://a:1' }], problems: [] })
})

t.test('an authority is PEM text, or a file of the folder', async t => {
  const baseDir = t.testdir({ 'ca.pem': certificate })
  for (const ca of [certificate, 'ca.pem', `${baseDir}/ca.pem`]) {
    const { targets, problems } = parse([{ url: 'https://a', ca }], { baseDir })
    t.same(problems, [])
    t.equal(targets[0]?.ca, certificate)
  }
})

t.test('an authority that is not there, or is none, is a problem before it fails every request', async t => {
  const baseDir = t.testdir({ 'ca.pem': 'hello', dir: {} })
  const messageOf = (ca: string) => parse(['b:1', { url: 'https://a', ca }], { baseDir }).problems
  t.strictSame(messageOf('nope.pem'), [{ path: 'upstreams.users[1].ca', message: 'there is no file "nope.pem"; give PEM text or a file\'s path' }])
  for (const ca of ['ca.pem', 'dir', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n']) {
    t.strictSame(messageOf(ca), [{ path: 'upstreams.users[1].ca', message: 'it holds no certificate that can be read; give PEM text or a file\'s path' }])
  }
})

t.test('a host and a port make an address, and an address has a port', async t => {
  t.equal(joinHostPort('127.0.0.1', 8001), '127.0.0.1:8001')
  t.equal(joinHostPort('::1', 8001), '[::1]:8001')
  t.equal(joinHostPort('[::1]', 8001), '[::1]:8001')
  const portFor = (address: string) => parse(address).targets.map(({ port }) => port)
  t.strictSame([...portFor('a:8001'), ...portFor('http://a'), ...portFor('https://a'), ...portFor('h2c://a'), ...portFor('unix:/a')], [8001, 80, 443, 80, null])
  t.strictSame(parse('[::1]:8001').targets.map(({ hostname }) => hostname), ['::1'], 'without brackets')
})

const special: { address: string, target: Partial<UpstreamTarget> }[] = [
  { address: 'h2c://10.0.0.5:50051', target: { url: 'h2c://10.0.0.5:50051', origin: 'http://10.0.0.5:50051', host: '10.0.0.5:50051', basePath: '', isHttp2: true } },
  { address: 'H2C://Shop.Internal:80/v2/', target: { url: 'h2c://shop.internal/v2', origin: 'http://shop.internal', host: 'shop.internal', basePath: '/v2', isHttp2: true } },
  { address: 'h2c://[::1]:50051', target: { url: 'h2c://[::1]:50051', origin: 'http://[::1]:50051', host: '[::1]:50051', isHttp2: true } },
  { address: 'unix:/run/app.sock', target: { url: 'unix:/run/app.sock', origin: 'http://localhost', host: 'localhost', basePath: '', isHttp2: false, socketPath: '/run/app.sock' } },
  { address: 'unix:///run/my app.sock', target: { url: 'unix:/run/my app.sock', socketPath: '/run/my app.sock' } },
  { address: 'unix:/run/app.sock:/v2/', target: { url: 'unix:/run/app.sock:/v2', host: 'localhost', basePath: '/v2', socketPath: '/run/app.sock' } },
  { address: 'UNIX:/run/app.sock:/', target: { url: 'unix:/run/app.sock', basePath: '', socketPath: '/run/app.sock' } },
]

for (const { address, target } of special) {
  t.test(`an address may include how it is reached: ${address}`, async t => {
    const { targets, problems } = parse(address)
    t.same(problems, [])
    t.match(targets, [{ isSecure: false, weight: 1, socketPath: null, ...target }])
  })
}

t.test('HTTP/2 follows the upstream, the scheme of its address, and its location', async t => {
  const list = ['a:1', 'h2c://b:1', { url: 'https://c', http2: true }, { url: 'd:1', http2: false }, { url: 'unix:/e', http2: true }]
  const spoken = (isHttp2: boolean) => parseUpstreams(list, { baseDir: '/', path: '', isHttp2 }, []).map(target => target.isHttp2)
  t.strictSame(spoken(false), [false, true, true, false, true])
  t.strictSame(spoken(true), [true, true, true, false, true])
})

t.test('an h2c: address excludes http2: false', async t => {
  t.strictSame(parse([{ url: 'h2c://a:1', http2: false }]).problems, [{ path: 'upstreams.users[0].http2', message: 'must not be false: the address is h2c://a:1' }])
})
