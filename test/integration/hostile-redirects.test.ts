import t, { type Test } from 'tap'
import type { InlineAppOptions } from '../../lib/options/schema.ts'
import { listenGateway } from '../helpers/gateways.ts'
import { sendRequest, valuesOf } from '../helpers/http1-client.ts'
import { startRawUpstream } from '../helpers/upstreams.ts'
import { soon } from '../helpers/waiting.ts'

/**
 * Locations by which an app, or an attacker who controls its redirect target, may try to leave the app. `UP` is its own
 * host and port.
 */
const locations: string[] = [
  '/\\evil.test', '//evil.test', '//evil.test/a', '///evil.test', '////evil.test/', '\\\\evil.test', '\\/evil.test', '/\t/evil.test', '/\\\tevil.test/a',
  'http:///evil.test', 'http:\\\\evil.test', 'HTTP://evil.test', 'ht\ttp://evil.test', 'https://evil.test/UP', 'javascript:alert(1)', 'data:text/html,x',
  'http://UP@evil.test/', 'http://UP\\@evil.test/', 'http://UP#@evil.test/', 'http://UP?@evil.test/', 'http://evil.test#@UP/', 'http://evil.test\\@UP/', 'http://evil.test?http://UP/',
  'http://UP\\evil.test', 'http://UP\\\\evil.test', 'http://UP/\\evil.test', 'http://UP//evil.test', 'http://UP\\/evil.test', 'http://UP/\t/evil.test', '//UP//evil.test', '//UP/\\evil.test', '//UP\\evil.test',
  'http://UP', 'http://UP/', 'http://UP?x', 'http://UP#x', 'HTTP://UP/a', '//UP/a', '\\\\UP\\a', 'http:\\\\UP/a', '  http://UP/a', '/', '/a?//evil.test', '/a#//evil.test',
  '/.//evil.test', '/..//evil.test', '/a/..//evil.test', '/../../evil.test', '/%2e%2e/admin', '/%2E./%2e%2e//evil.test', '/..\\admin', '/..\\\\evil.test', '/a/../../admin/../b', 'http://UP/../admin', 'http://UP/..//evil.test',
  'a', '?a', '#a', '',
]

for (const prefix of ['items', '']) {
  t.test(`a Location leads to where it led before, and nowhere else, behind ${prefix === '' ? 'no prefix' : 'a prefix'}`, async t => {
    const { port, upstream } = await start(t, 302, { prefix })
    const publicPrefix = prefix === '' ? '' : `/${prefix}`
    const gateway = `http://127.0.0.1:${port}`
    for (const location of locations) {
      const { headers, statusCode } = await sendRequest(port, `${publicPrefix}/x?${encodeURIComponent(location)}`)
      const before = new URL(location.replaceAll('UP', upstream), `http://${upstream}/x`)
      const after = new URL(headers.location ?? '', `${gateway}${publicPrefix}/x`)
      // The app's root is there with and without a slash.
      if (after.origin === gateway && after.pathname === publicPrefix) after.pathname += '/'
      const expected =
        before.host === upstream ? gateway + publicPrefix + before.pathname + before.search + before.hash : before.href
      t.strictSame([statusCode, after.href], [302, expected], `${JSON.stringify(location)} became ${JSON.stringify(headers.location)}`)
    }
  })
}

t.test('with fastapiRedirect such a Location is followed in the app or passed on, and is never an error', async t => {
  const { port, upstream, requestLines } = await start(t, 307, { fastapiRedirect: true, redirectCache: false })
  for (const location of [...locations, '/a b', '/caf\xe9/', '/%', '/a|b{}"<>^`']) {
    const before = new URL(location.replaceAll('UP', upstream), `http://${upstream}/x`)
    const { statusCode } = await sendRequest(port, `/items/x?${encodeURIComponent(location)}`)
    t.ok(statusCode === 307 || statusCode === 200, `${JSON.stringify(location)} gets ${statusCode}`)
    if (before.host !== upstream) t.equal(statusCode, 307, `${JSON.stringify(location)} is the client's`)
  }
  t.strictSame(requestLines.filter(line => !/^GET \/[!-\xff]* HTTP\/1\.1$/.test(line)), [], 'only paths are requested')
})

t.test('redirects in a circle, and without an end, are followed five times', async t => {
  let count = 0
  const upstream = await startRawUpstream(t, socket => socket.on('data', head => {
    const path = head.toString('latin1').split(' ')[1]!
    const next = path.startsWith('/circle') ? (path === '/circle/1' ? '/circle/2' : '/circle/1') : `/on/${++count}`
    socket.write(`HTTP/1.1 308 Permanent Redirect\r\nLocation: ${next}\r\nContent-Length: 0\r\n\r\n`)
  }))
  const { port } = await listenGateway(t, { apps: [{ name: 'items', upstreams: upstream, fastapiRedirect: true }] })
  for (let i = 0; i < 2; i++) {
    const circle = await soon(sendRequest(port, '/items/circle/1'), 'a circle')
    t.match(circle, { statusCode: 308, headers: { location: /^\/items\/circle\/\d$/ } })
  }
  const on = await soon(sendRequest(port, '/items/on/0'), 'no end')
  t.strictSame([on.statusCode, on.headers.location, count], [308, '/items/on/6', 6], 'five are followed')
})

t.test('two hundred cookies keep their order, each with its public path', async t => {
  const lines = Array.from({ length: 200 }, (_, index) => `Set-Cookie: c${index}=${index}; Path=/${index}\r\n`)
  const upstream = await startRawUpstream(t, socket => socket.on('data', () => socket.write(`HTTP/1.1 200 OK\r\n${lines.join('')}Content-Length: 0\r\n\r\n`)))
  const { port } = await listenGateway(t, { apps: [{ name: 'items', upstreams: upstream }] })
  const cookies = valuesOf(await sendRequest(port, '/items/'), 'set-cookie')
  t.strictSame(cookies, lines.map((_line, index) => `c${index}=${index}; Path=/items/${index}`))
})

t.test('odd cookies pass, and none becomes one of another kind', async t => {
  const odd: [string, string][] = [
    ['a', 'a'], ['=; Path=/x', '=; Path=/items/x'], ['a=1; Path', 'a=1; Path'], ['a=1; Path=', 'a=1; Path='], ['a=1; Path=x', 'a=1; Path=x'],
    ['a=1; path=/x; PATH=/y', 'a=1; path=/items/x; PATH=/items/y'], ['a=1;Path=/x;Domain=LOCALHOST', 'a=1;Path=/items/x;Domain=LOCALHOST'],
    ['a=Path=/x; Path=/y', 'a=Path=/x; Path=/items/y'], ['a=1; Domain=.127.0.0.1; Secure', 'a=1; Secure'],
    ['__host-a=1; Path=/; Secure', '__host-a=1; Path=/; Secure'], ['__Secure-a=1; Path=/x; Secure', '__Secure-a=1; Path=/items/x; Secure'], ['caf\xe9=\xff; Path=/\xe9', 'caf\xe9=\xff; Path=/items/\xe9'],
  ]
  const lines = odd.map(([given]) => `Set-Cookie: ${given}\r\n`).join('')
  const upstream = await startRawUpstream(t, socket => socket.on('data', () => socket.write(`HTTP/1.1 200 OK\r\n${lines}Content-Length: 0\r\n\r\n`, 'latin1')))
  const { port } = await listenGateway(t, { apps: [{ name: 'items', upstreams: upstream }] })
  t.strictSame(valuesOf(await sendRequest(port, '/items/'), 'set-cookie'), odd.map(([, expected]) => expected))
})

/**
 * An app that redirects to the URL in its query, and responds with 200 without one. `upstream` is its host and port.
 */
async function start (t: Test, statusCode: number, flags: Partial<InlineAppOptions>) {
  const requestLines: string[] = []
  const origin = await startRawUpstream(t, socket => socket.on('data', head => {
    const [line = ''] = head.toString('latin1').split('\r\n')
    requestLines.push(line)
    const location = /^GET \/x\?(.*) HTTP/.exec(line)?.[1]
    if (location === undefined) return socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
    const value = decodeURIComponent(location).replaceAll('UP', `127.0.0.1:${socket.localPort}`)
    socket.write(`HTTP/1.1 ${statusCode} Elsewhere\r\nLocation: ${value}\r\nContent-Length: 0\r\n\r\n`, 'latin1')
  }))
  const { port } = await listenGateway(t, { apps: [{ name: 'items', upstreams: origin, ...flags }] })
  return { port, requestLines, upstream: new URL(origin).host }
}
