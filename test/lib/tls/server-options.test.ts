import t from 'tap'
import { secureContextOptions, secureServerOptions } from '../../../lib/tls/server-options.ts'

const pair = { cert: 'a certificate', key: 'a key' }

t.test('a server gets the certificate, both protocols, and a bound for everything that one connection may cost', async t => {
  const options = secureServerOptions(pair, { headersTimeout: 60_000, maxHeaderSize: 16384 })
  t.match(options, { ...pair, allowHTTP1: true, minVersion: 'TLSv1.2', handshakeTimeout: 60_000, settings: { maxConcurrentStreams: 1000, maxHeaderListSize: 16384 } })
  for (const name of ['streamResetBurst', 'streamResetRate', 'maxSessionInvalidFrames', 'maxSessionRejectedStreams', 'maxOutstandingPings', 'maxSettings', 'maxHeaderListPairs', 'maxSessionMemory', 'unknownProtocolTimeout']) {
    t.ok((options as Record<string, unknown>)[name] as number > 0, name)
  }
})

t.test('a new certificate comes with everything that the old one had with it', async t => {
  t.strictSame(secureContextOptions(pair), { ...pair, minVersion: 'TLSv1.2' })
})
