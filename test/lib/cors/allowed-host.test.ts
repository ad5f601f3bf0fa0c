import t from 'tap'
import { isOriginAllowed, parseAllowedHost } from '../../../lib/cors/allowed-host.ts'

const entries: Record<string, { allows?: string[], refuses?: string[] }> = {
  'example.com': {
    allows: ['https://example.com', 'http://example.com', 'http://example.com:8080', 'https://example.com:8443', 'HTTPS://Example.COM', 'https://example.com.'],
    refuses: [
      'null', '', '*', 'example.com', '//example.com', 'https://', 'https://evilexample.com', 'https://example.com.evil.net', 'https://sub.example.com', 'https://example.co', 'https://example.com..',
      'https://example.com@evil.net', 'https://evil.net@example.com', 'https://example.com:443@evil.net', 'https://evil.net/https://example.com', 'https://evil.net#example.com', 'https://example.com/', 'https://example.com?',
      'https://evil.net%2eexample.com', 'https://evil.net\\example.com', 'https://example.com https://evil.net', 'https://evil.net, https://example.com', ' https://example.com', 'https://example.com:', 'https://example.com:x', 'https://examplexcom',
      'ftp://example.com', 'file://example.com', 'chrome-extension://example.com', 'constructor://example.com', 'https:example.com', 'https:/example.com', 'https://EXAMPLE.com.evil', 'https://example.com\nhttps://evil.net',
    ],
  },
  '.example.com': {
    allows: ['https://example.com', 'https://a.example.com', 'http://a.b.example.com:3000', 'https://A.Example.Com.'],
    refuses: ['https://evilexample.com', 'https://example.com.evil.net', 'https://.example.com', 'null', 'https://com', 'https://a.example.com.evil.net', 'https://evil.net%2fa.example.com'],
  },
  'example.com:8443': { allows: ['https://example.com:8443', 'http://example.com:8443'], refuses: ['https://example.com', 'https://example.com:443', 'https://example.com:84430', 'https://example.com:844'] },
  '.example.com:8443': { allows: ['https://a.example.com:8443'], refuses: ['https://a.example.com'] },
  'example.com:443': { allows: ['https://example.com', 'https://example.com:443', 'http://example.com:443'], refuses: ['http://example.com', 'https://example.com:80'] },
  'https://example.com': { allows: ['https://example.com', 'https://example.com:443'], refuses: ['http://example.com', 'https://example.com:8443', 'https://a.example.com', 'http://example.com:443'] },
  'https://.example.com': { allows: ['https://a.example.com'], refuses: ['http://a.example.com', 'https://a.example.com:8443'] },
  'http://example.com:3000': { allows: ['http://example.com:3000'], refuses: ['https://example.com:3000', 'http://example.com'] },
  'HTTPS://Example.COM./': { allows: ['https://example.com'], refuses: ['http://example.com'] },
  localhost: { allows: ['http://localhost', 'http://localhost:5173', 'https://localhost:8443', 'http://localhost.'], refuses: ['http://localhost.evil.net', 'http://evil-localhost', 'http://evil.localhost', 'capacitor://localhost', 'http://127.0.0.1'] },
  '127.0.0.1': { allows: ['http://127.0.0.1:8000'], refuses: ['http://127.0.0.1.evil.net', 'http://1127.0.0.1', 'http://0x7f.0.0.1', 'http://127.0.0.10', 'http://2130706433'] },
  '127.0.0.1:8000': { allows: ['http://127.0.0.1:8000'], refuses: ['http://127.0.0.1:8001'] },
  '::1': { allows: ['http://[::1]', 'http://[::1]:5173'], refuses: ['http://[::2]', 'http://::1', 'http://[::1].evil.net'] },
  '[0:0:0:0:0:0:0:1]:8080': { allows: ['http://[::1]:8080'], refuses: ['http://[::1]'] },
  'https://[2001:DB8::1]': { allows: ['https://[2001:db8::1]', 'https://[2001:DB8::1]'], refuses: ['http://[2001:db8::1]', 'https://[2001:db8::10]'] },
  'münchen.de': { allows: ['https://xn--mnchen-3ya.de'], refuses: ['https://munchen.de'] },
  'capacitor://localhost': { allows: ['capacitor://localhost'], refuses: ['http://localhost', 'ionic://localhost'] },
  my_host: { allows: ['http://my_host:1'], refuses: ['http://my-host:1'] },
}

for (const [entry, { allows = [], refuses = [] }] of Object.entries(entries)) {
  t.test(`the entry ${entry}`, async t => {
    const host = parseAllowedHost(entry)
    t.ok(host, 'is one')
    for (const origin of allows) t.equal(isOriginAllowed(origin, [host!]), true, `allows ${origin}`)
    for (const origin of refuses) t.equal(isOriginAllowed(origin, [host!]), false, `refuses ${JSON.stringify(origin)}`)
  })
}

t.test('one entry of several is enough, and without any nothing is allowed', async t => {
  const hosts = ['a.example', 'b.example'].map(entry => parseAllowedHost(entry)!)
  t.equal(isOriginAllowed('https://b.example', hosts), true)
  t.equal(isOriginAllowed('https://c.example', hosts), false)
  t.equal(isOriginAllowed('https://a.example', []), false)
})

const wrong = [
  '', ' ', '.', '..', 'null', 'NULL', '*', '*.example.com', 'https://*', 'https://', 'example.com/path', 'https://example.com/path', 'user@example.com', 'example.com:', 'example.com:0', 'example.com:65536', 'example.com:http',
  'a b', 'a,b', 'https://a, https://b', '..example.com', '.127.0.0.1', '.[::1]', '[::1', '::1]', '[:::1]', '[nonsense]', 'example.com?x', 'example.com#x', 'ex%41mple.com', '1.2.3.4.5', '//example.com',
]
for (const entry of wrong) {
  t.test(`${JSON.stringify(entry)} is no entry`, async t => {
    t.equal(parseAllowedHost(entry), undefined)
  })
}

t.test('an Origin of 64 KB is decided at once', async t => {
  const hosts = [parseAllowedHost('.example.com')!]
  for (const origin of ['a'.repeat(65536), `http://${'a.'.repeat(32768)}`, `http://[${':'.repeat(65536)}`, `http://${'a'.repeat(65536)}:${'1'.repeat(65536)}`]) {
    const start = performance.now()
    t.equal(isOriginAllowed(origin, hosts), false)
    t.ok(performance.now() - start < 100, `${origin.slice(0, 10)} in time`)
  }
})
