import t from 'tap'
import type { PemPair } from '../../../lib/tls/pem.ts'
import { CertificateReloader, type ReloadResult } from '../../../lib/tls/certificate-reloader.ts'
import { type CertificateName, fixture } from '../../helpers/certificates.ts'

const pairOf = (cert: CertificateName, key = cert): PemPair => ({ cert: fixture(`${cert}.cert`), key: fixture(`${key}.key`) })

/** A server that uses the certificate `name`, and the files, which can be changed. */
function start () {
  const state = { files: pairOf('name') as PemPair | Error, used: [] as PemPair[], results: [] as ReloadResult[] }
  const reloader = new CertificateReloader(pairOf('name'), {
    read: async () => {
      if (state.files instanceof Error) throw state.files
      return state.files
    },
    use: pair => state.used.push(pair),
    onResult: result => state.results.push(result),
  })
  async function poll (times: number) {
    for (let i = 0; i < times; i++) await reloader.poll()
  }
  return { state, reloader, poll, kinds: () => state.results.map(({ kind }) => kind) }
}

t.test('a new certificate is used once, as soon as it is seen', async t => {
  const { state, poll } = start()
  await poll(2)
  t.strictSame(state.results, [], 'nothing is said of what has not changed')
  state.files = pairOf('address')
  await poll(3)
  t.strictSame(state.used, [pairOf('address')])
  t.strictSame(state.results, [{ kind: 'replaced', pair: pairOf('address') }])
})

t.test('a certificate whose key is not there yet waits for it, and is no fault', async t => {
  const { state, poll, kinds } = start()
  state.files = pairOf('address', 'name')
  await poll(2)
  t.strictSame(kinds(), [])
  state.files = pairOf('address')
  await poll(1)
  t.strictSame(kinds(), ['replaced'])
})

t.test('a fault that lasts is reported once, and the certificate stays', async t => {
  const { state, poll, kinds } = start()
  state.files = { ...pairOf('address'), cert: fixture('address.cert').slice(0, 200) }
  await poll(10)
  t.strictSame(kinds(), ['rejected'])
  t.strictSame(state.used, [])
  state.files = new Error('ENOENT: no such file')
  await poll(10)
  t.match(state.results, [{ kind: 'rejected' }, { kind: 'rejected', error: { message: /ENOENT/ } }], 'another fault is another report')
  state.files = pairOf('name')
  await poll(10)
  t.strictSame(kinds(), ['rejected', 'rejected'], 'back to what is used: nothing to say')
  state.files = new Error('ENOENT: no such file')
  await poll(10)
  t.strictSame(kinds(), ['rejected', 'rejected', 'rejected'])
})

t.test('a reload on demand is reported at once, whatever its result', async t => {
  const { state, reloader } = start()
  await reloader.reload()
  state.files = pairOf('address', 'name')
  await reloader.reload()
  state.files = pairOf('address')
  await reloader.reload()
  t.match(state.results, [{ kind: 'unchanged' }, { kind: 'rejected', error: { code: 'GW_ERR_CONFIG', problems: [{ path: 'tls.key' }] } }, { kind: 'replaced' }])
})

t.test('a certificate that the server does not take is refused, and tried again', async t => {
  const results: ReloadResult[] = []
  let isReady = false
  const reloader = new CertificateReloader(pairOf('name'), {
    read: async () => pairOf('address'),
    use () { if (!isReady) throw new Error('no') },
    onResult: result => results.push(result),
  })
  await reloader.reload()
  isReady = true
  await reloader.reload()
  t.match(results, [{ kind: 'rejected', error: { message: 'no' } }, { kind: 'replaced' }])
})
