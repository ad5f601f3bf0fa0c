import { generateKeyPairSync } from 'node:crypto'
import t from 'tap'
import type { Problem } from '../../../lib/errors.ts'
import { checkPair, describeExpiry, readValidity } from '../../../lib/tls/certificate.ts'
import { fixture } from '../../helpers/certificates.ts'

const cert = fixture('name.cert')
const key = fixture('name.key')
const encrypted = generateKeyPairSync('ec', {
  namedCurve: 'prime256v1',
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'secret' },
}).privateKey

function problemsOf (pair: { cert: string, key: string }): Problem[] {
  const problems: Problem[] = []
  checkPair(pair, problems)
  return problems
}

t.test('a certificate and its key are no problem, nor is one that has expired', async t => {
  t.strictSame(problemsOf({ cert, key }), [])
  t.strictSame(problemsOf({ cert: cert + fixture('address.cert'), key }), [], 'with others behind it')
  t.strictSame(problemsOf({ cert: fixture('expired.cert'), key: fixture('expired.key') }), [])
})

const wrong = [
  { name: 'a certificate that is none', pair: { cert: 'nothing', key }, paths: ['tls.cert'], says: /holds no certificate/ },
  { name: 'half a certificate', pair: { cert: cert.slice(0, 300), key }, paths: ['tls.cert'], says: /holds no certificate/ },
  { name: 'half a key', pair: { cert, key: key.slice(0, 100) }, paths: ['tls.key'], says: /holds no private key/ },
  { name: 'a key for a certificate and the other way round', pair: { cert: key, key: cert }, paths: ['tls.cert', 'tls.key'], says: /holds no certificate/ },
  { name: 'a key of another certificate', pair: { cert, key: fixture('address.key') }, paths: ['tls.key'], says: /not that of the certificate/ },
  { name: 'a chain in the wrong order', pair: { cert: fixture('address.cert') + cert, key }, paths: ['tls.key'], says: /the server's own first/ },
  { name: 'a chain that breaks off', pair: { cert: `${cert}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n`, key }, paths: ['tls.cert'], says: /OpenSSL does not take it .*every certificate in it is whole/ },
  { name: 'an encrypted key', pair: { cert, key: encrypted }, paths: ['tls.key'], says: /encrypted.*openssl pkey/ },
]

for (const { name, pair, paths, says } of wrong) {
  t.test(`${name} is a problem that says what to do`, async t => {
    const problems = problemsOf(pair)
    t.strictSame(problems.map(({ path }) => path), paths)
    t.match(problems[0]!.message, says)
    t.notMatch(problems[0]!.message, 'BEGIN EC', 'and shows nothing of the key')
  })
}

t.test('the time in which a certificate is valid is read, and a time outside of it is described', async t => {
  const validity = readValidity(fixture('expired.cert'))
  t.strictSame(validity, { from: Date.UTC(2020, 0, 1), to: Date.UTC(2021, 0, 1) })
  t.equal(describeExpiry(validity, Date.UTC(2020, 5, 1)), undefined)
  t.match(describeExpiry(validity, Date.UTC(2021, 0, 2)), /has expired on 2021-01-01/)
  t.match(describeExpiry(validity, Date.UTC(2019, 11, 31)), /not valid before 2020-01-01/)
})
