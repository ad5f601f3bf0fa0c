import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { Problem } from '../../../lib/errors.ts'
import { resolveOptions } from '../../../lib/options/resolve.ts'
import { readPems } from '../../../lib/tls/pem.ts'
import { loadPair, resolveTls } from '../../../lib/tls/resolve.ts'
import { fixture } from '../../helpers/certificates.ts'

const cert = fixture('name.cert')
const key = fixture('name.key')

t.test('without the option there is no certificate', async t => {
  t.equal(resolveTls(undefined, '/', []), null)
})

t.test('files are relative to the folder of the configuration, and PEM text is what it says', async t => {
  const dir = t.testdir({ certs: { 'cert.pem': cert } })
  const problems: Problem[] = []
  const sources = resolveTls({ cert: 'certs/cert.pem', key }, dir, problems)!
  t.strictSame(problems, [])
  t.strictSame(sources, { cert: { kind: 'file', path: join(dir, 'certs/cert.pem') }, key: { kind: 'text', text: key } })
  t.strictSame(loadPair(sources), { cert, key })
  t.strictSame(await readPems(sources), { cert, key })
})

t.test('what cannot be read is a problem that names the file', async t => {
  const dir = t.testdir({ folder: {}, 'cert.pem': cert, 'cert.pem.d': {} })
  const problems: Problem[] = []
  resolveTls({ cert: 'missing.pem', key: 'folder' }, dir, problems)
  t.strictSame(problems, [
    { path: 'tls.cert', message: `"${dir}/missing.pem" cannot be read: there is no such file; give PEM text or a file's path` },
    { path: 'tls.key', message: `"${dir}/folder" cannot be read: it is a folder; give PEM text or a file's path` },
  ])
  const others: Problem[] = []
  resolveTls({ cert, key: 'cert.pem/below' }, dir, others)
  t.match(others, [{ path: 'tls.key', message: /cannot be read: ENOTDIR/ }])
})

t.test('a file that this user may not read says so', { skip: process.getuid?.() === 0 && 'root may read everything' }, async t => {
  const dir = t.testdir({ 'key.pem': key })
  chmodSync(join(dir, 'key.pem'), 0)
  const problems: Problem[] = []
  resolveTls({ cert, key: 'key.pem' }, dir, problems)
  t.match(problems, [{ path: 'tls.key', message: /this user may not read it/ }])
})

t.test('files that have become wrong since they were checked do not make a server', async t => {
  const sources = resolveTls({ cert, key }, '/', [])!
  t.throws(() => loadPair({ ...sources, key: { kind: 'text', text: fixture('address.key') } }), { code: 'GW_ERR_CONFIG', problems: [{ path: 'tls.key' }] })
})

t.test('one without the other is a problem', async t => {
  for (const [given, missing] of [['cert', 'key'], ['key', 'cert']] as const) {
    const problems: Problem[] = []
    t.equal(resolveOptions({ tls: { [given]: fixture(`name.${given}`) } }, '/', problems).tls, null)
    t.match(problems, [{ path: `tls.${missing}`, message: new RegExp(`is required: .*--tls-${missing}`) }])
  }
})

t.test('the options keep where the key is, and not what it says', async t => {
  const dir = t.testdir({ 'cert.pem': cert, 'key.pem': key })
  const problems: Problem[] = []
  const options = resolveOptions({ tls: { cert: 'cert.pem', key: 'key.pem' } }, dir, problems)
  t.strictSame(problems, [])
  t.notMatch(JSON.stringify(options), 'PRIVATE KEY')
})
