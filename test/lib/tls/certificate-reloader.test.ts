import t from 'tap'
import type { PemPair } from '../../../lib/tls/pem.ts'
import { type Outcome, Renewal } from '../../../lib/tls/certificate-reloader.ts'
import { type CertificateName, fixture } from '../../secure-helper.ts'

const pairOf = (cert: CertificateName, key = cert): PemPair => ({ cert: fixture(`${cert}.cert`), key: fixture(`${key}.key`) })

/** A server that uses the certificate `name`, and the files, which can be changed. */
function start () {
  const state = { files: pairOf('name') as PemPair | Error, used: [] as PemPair[], outcomes: [] as Outcome[] }
  const renewal = new Renewal(pairOf('name'), {
    read: async () => {
      if (state.files instanceof Error) throw state.files
      return state.files
    },
    use: pair => state.used.push(pair),
    report: outcome => state.outcomes.push(outcome),
  })
  async function poll (times: number) {
    for (let i = 0; i < times; i++) await renewal.poll()
  }
  return { state, renewal, poll, kinds: () => state.outcomes.map(({ kind }) => kind) }
}

t.test('a new certificate is used once, as soon as it is seen', async t => {
  const { state, poll } = start()
  await poll(2)
  t.strictSame(state.outcomes, [], 'nothing is said of what has not changed')
  state.files = pairOf('address')
  await poll(3)
  t.strictSame(state.used, [pairOf('address')])
  t.strictSame(state.outcomes, [{ kind: 'renewed', pair: pairOf('address') }])
})

t.test('a certificate whose key is not there yet waits for it, and is no fault', async t => {
  const { state, poll, kinds } = start()
  state.files = pairOf('address', 'name')
  await poll(2)
  t.strictSame(kinds(), [])
  state.files = pairOf('address')
  await poll(1)
  t.strictSame(kinds(), ['renewed'])
})

t.test('a fault that lasts is reported once, and the certificate stays', async t => {
  const { state, poll, kinds } = start()
  state.files = { ...pairOf('address'), cert: fixture('address.cert').slice(0, 200) }
  await poll(10)
  t.strictSame(kinds(), ['refused'])
  t.strictSame(state.used, [])
  state.files = new Error('ENOENT: no such file')
  await poll(10)
  t.match(state.outcomes, [{ kind: 'refused' }, { kind: 'refused', error: { message: /ENOENT/ } }], 'another fault is another report')
  state.files = pairOf('name')
  await poll(10)
  t.strictSame(kinds(), ['refused', 'refused'], 'back to what is used: nothing to say')
  state.files = new Error('ENOENT: no such file')
  await poll(10)
  t.strictSame(kinds(), ['refused', 'refused', 'refused'])
})

t.test('who asks is told at once, whatever it is', async t => {
  const { state, renewal } = start()
  await renewal.renew()
  state.files = pairOf('address', 'name')
  await renewal.renew()
  state.files = pairOf('address')
  await renewal.renew()
  t.match(state.outcomes, [{ kind: 'same' }, { kind: 'refused', error: { code: 'GW_ERR_CONFIG', problems: [{ path: 'tls.key' }] } }, { kind: 'renewed' }])
})

t.test('a certificate that the server does not take is refused, and tried again', async t => {
  const outcomes: Outcome[] = []
  let isReady = false
  const renewal = new Renewal(pairOf('name'), {
    read: async () => pairOf('address'),
    use () { if (!isReady) throw new Error('no') },
    report: outcome => outcomes.push(outcome),
  })
  await renewal.renew()
  isReady = true
  await renewal.renew()
  t.match(outcomes, [{ kind: 'refused', error: { message: 'no' } }, { kind: 'renewed' }])
})
