import { once } from 'node:events'
import { cpSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import http2 from 'node:http2'
import { join } from 'node:path'
import tls from 'node:tls'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { type CertificateName, fixture } from '../helpers/certificates.ts'
import { sendRequest } from '../helpers/http1-client.ts'
import { connectHttp2, sendHttp2Request } from '../helpers/http2-client.ts'
import { startUpstream } from '../helpers/upstreams.ts'
import { runCommand, startCommand } from './command.ts'

const fixtures = fileURLToPath(new URL('../fixtures/tls', import.meta.url))
const flags = ['--tls-cert', 'cert.pem', '--tls-key', 'key.pem']

/** A project with one app, and the certificate for `localhost` beside its configuration. */
async function makeProject (t: Test, options: object = {}): Promise<string> {
  const upstream = await startUpstream(t, (request, response) => response.end(request.url))
  const config = JSON.stringify({ apps: [{ name: 'app', upstreams: upstream }], ...options })
  return t.testdir({ 'gateway.config.json': config, 'cert.pem': fixture('name.cert'), 'key.pem': fixture('name.key') })
}

/** As `certbot` and others do it: one file after the other, each with a rename. */
function install (dir: string, name: CertificateName, part: 'cert' | 'key'): void {
  writeFileSync(join(dir, 'new.pem'), fixture(`${name}.${part}`))
  renameSync(join(dir, 'new.pem'), join(dir, `${part}.pem`))
}

/** The name in the certificate that the next connection gets. */
async function servedName (address: string): Promise<string> {
  const { port } = new URL(address)
  const socket = tls.connect({ port: Number(port), host: '127.0.0.1', servername: 'localhost', rejectUnauthorized: false })
  await once(socket, 'secureConnect')
  const { subject } = socket.getPeerCertificate()
  socket.destroy()
  return String(subject.CN).replace('fastify-gateway test ', '')
}

/** `https://127.0.0.1:8000` by the name that the certificate is for. */
function byName (address: string): string {
  return address.replace('127.0.0.1', 'localhost')
}

t.test('HTTP/2 and HTTP/1.1 are spoken on one port, whichever the client offers', async t => {
  const { address, stdout } = await startCommand(t, flags, { cwd: await makeProject(t) })
  t.match(address, /^https:\/\/127\.0\.0\.1:\d+$/)
  t.match(stdout(), `"msg":"Server listening at ${address}"`)
  t.match(await sendRequest(byName(address), '/app/a'), { body: Buffer.from('/a'), httpVersion: '1.1' })
  const session = await connectHttp2(t, byName(address))
  t.equal(session.alpnProtocol, 'h2')
  t.match(await sendHttp2Request(session, '/app/b?c'), { status: 200, body: Buffer.from('/b?c') })
})

t.test('the configuration file has the certificate relative to itself, or as text, and a flag wins', async t => {
  const cwd = await makeProject(t, { tls: { cert: 'deploy/missing.pem', key: fixture('name.key') } })
  t.match(await runCommand(t, ['check'], { cwd }), { exitCode: 1, stderr: /^tls\.cert: ".*\/deploy\/missing\.pem" cannot be read: there is no such file/ })
  const { address } = await startCommand(t, ['--tls-cert', './cert.pem'], { cwd })
  t.equal(await servedName(address), 'name')
})

t.test('an old version of TLS is refused', async t => {
  const { address } = await startCommand(t, flags, { cwd: await makeProject(t) })
  const socket = tls.connect({ port: Number(new URL(address).port), rejectUnauthorized: false, minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' })
  const [error] = await once(socket, 'error')
  t.match(error.code, /PROTOCOL_VERSION/)
})

const wrong = [
  { name: 'a certificate without a key', args: ['--tls-cert', 'cert.pem'], says: /^tls\.key: is required/ },
  { name: 'a key without a certificate', args: ['--tls-key', 'key.pem'], says: /^tls\.cert: is required/ },
  { name: 'a file that is not there', args: ['--tls-cert', 'cert.pem', '--tls-key', 'nokey.pem'], says: /^tls\.key: ".*nokey\.pem" cannot be read: there is no such file/ },
  { name: 'a file that is none', args: ['--tls-cert', 'gateway.config.json', '--tls-key', 'key.pem'], says: /^tls\.cert: it holds no certificate/ },
  { name: 'a key of another certificate', args: ['--tls-cert', 'cert.pem', '--tls-key', join(fixtures, 'address.key.pem')], says: /^tls\.key: the key is not that of the certificate/ },
]

for (const { name, args, says } of wrong) {
  t.test(`${name} is a problem that says what to do`, async t => {
    t.match(await runCommand(t, ['check', ...args], { cwd: await makeProject(t) }), { exitCode: 1, stdout: '', stderr: says })
  })
}

t.test('a wrong certificate starts nothing, and shows no routes', async t => {
  const cwd = await makeProject(t)
  for (const command of ['start', 'routes']) {
    const outcome = await runCommand(t, [command, '--tls-cert', 'cert.pem'], { cwd })
    t.match(outcome, { exitCode: 1, stdout: '', stderr: /^error: Invalid gateway configuration: tls\.key: is required/ })
  }
})

t.test('a certificate that has expired is served, with a warning', async t => {
  const args = ['--tls-cert', join(fixtures, 'expired.cert.pem'), '--tls-key', join(fixtures, 'expired.key.pem')]
  const cwd = await makeProject(t)
  const { address, until } = await startCommand(t, args, { cwd })
  await until(/"level":40,.*"msg":"the certificate has expired on 2021-01-01/)
  t.equal(await servedName(address), 'expired')
  t.match(await runCommand(t, ['check', ...args], { cwd }), { exitCode: 0, stdout: 'OK: 1 location\n', stderr: /^warning: tls\.cert: the certificate has expired on 2021-01-01/ })
})

t.test('serve-static speaks HTTPS too', async t => {
  const cwd = t.testdir({ static: { 'index.html': 'home' }, 'cert.pem': fixture('name.cert'), 'key.pem': fixture('name.key') })
  const { address } = await startCommand(t, flags, { cwd, command: 'serve-static' })
  t.match(await sendRequest(byName(address), '/'), { body: Buffer.from('home'), httpVersion: '1.1' })
})

t.test('SIGHUP reads the certificate again, and connections that are open go on', async t => {
  const cwd = await makeProject(t)
  const { address, child, until } = await startCommand(t, flags, { cwd })
  const session = await connectHttp2(t, byName(address))
  child.kill('SIGHUP')
  await until(/"msg":"the certificate is the same as before"/)
  install(cwd, 'address', 'cert')
  install(cwd, 'address', 'key')
  child.kill('SIGHUP')
  await until(/"msg":"new certificate, from the next connection on"/)
  t.equal(await servedName(address), 'address')
  t.match(await sendHttp2Request(session, '/app/still'), { status: 200, body: Buffer.from('/still') })
})

t.test('a certificate that changes is seen, once its key has come, and connections that are open go on', async t => {
  const cwd = await makeProject(t)
  const { address, until, stdout } = await startCommand(t, flags, { cwd })
  const session = await connectHttp2(t, byName(address))
  install(cwd, 'address', 'cert')
  install(cwd, 'address', 'key')
  await until(/"msg":"new certificate, from the next connection on"/)
  t.equal(await servedName(address), 'address')
  t.match(await sendHttp2Request(session, '/app/still'), { status: 200, body: Buffer.from('/still') })
  t.notMatch(stdout(), '"level":50')
})

t.test('a secret of Kubernetes that is swapped by its symbolic link is seen', async t => {
  const cwd = await makeProject(t, { tls: { cert: 'secret/cert.pem', key: 'secret/key.pem' } })
  const secret = join(cwd, 'secret')
  for (const [folder, name] of [['..1', 'name'], ['..2', 'address']] as const) {
    mkdirSync(join(secret, folder), { recursive: true })
    cpSync(join(fixtures, `${name}.cert.pem`), join(secret, folder, 'cert.pem'))
    cpSync(join(fixtures, `${name}.key.pem`), join(secret, folder, 'key.pem'))
  }
  symlinkSync('..1', join(secret, '..data'))
  for (const file of ['cert.pem', 'key.pem']) symlinkSync(`..data/${file}`, join(secret, file))
  const { address, until } = await startCommand(t, [], { cwd })
  t.equal(await servedName(address), 'name')
  symlinkSync('..2', join(secret, '..data_tmp'))
  renameSync(join(secret, '..data_tmp'), join(secret, '..data'))
  await until(/"msg":"new certificate, from the next connection on"/)
  t.equal(await servedName(address), 'address')
})

t.test('a new certificate that is broken is an error in the log, and the one before stays', async t => {
  const cwd = await makeProject(t)
  const { address, child, until } = await startCommand(t, flags, { cwd })
  install(cwd, 'address', 'cert')
  await until(
    /"level":50,.*tls\.key: the key is not that of the certificate.*"msg":"the new certificate cannot be used; the one before stays"/
  )
  t.equal(await servedName(address), 'name')
  writeFileSync(join(cwd, 'cert.pem'), fixture('address.cert').slice(0, 200))
  child.kill('SIGHUP')
  await until(/"level":50,.*tls\.cert: it holds no certificate/)
  t.strictSame((await sendRequest(byName(address), '/app/a')).body.toString(), '/a')
  install(cwd, 'address', 'cert')
  install(cwd, 'address', 'key')
  await until(/"msg":"new certificate, from the next connection on"/)
})

t.test('SIGHUP without a certificate does not end the gateway', async t => {
  const { address, child, until, ended } = await startCommand(t, [], { cwd: await makeProject(t) })
  child.kill('SIGHUP')
  await until(/"msg":"there is no certificate to read again: the server speaks plain HTTP"/)
  t.equal(await (await fetch(`${address}/app/a`)).text(), '/a')
  child.kill('SIGTERM')
  t.match(await ended, { exitCode: 0, stderr: '' })
})

t.test('SIGTERM finishes what is under way over HTTP/2, and exits 0', async t => {
  const responders: (() => void)[] = []
  const upstream = await startUpstream(t, (_request, response) => { responders.push(() => response.end('late')) })
  const cwd = await makeProject(t, { apps: [{ name: 'app', upstreams: upstream }] })
  const { address, child, until, ended } = await startCommand(t, flags, { cwd })
  const session = await connectHttp2(t, byName(address))
  const received = sendHttp2Request(session, '/app/')
  while (responders.length === 0) await new Promise(resolve => setImmediate(resolve))
  const goaway = once(session, 'goaway')
  child.kill('SIGTERM')
  t.match(await goaway, [http2.constants.NGHTTP2_NO_ERROR])
  await until(/SIGTERM: finishing/)
  responders[0]!()
  t.match(await received, { status: 200, body: Buffer.from('late') })
  t.match(await ended, { exitCode: 0 })
})
