import { BlockList } from 'node:net'
import t from 'tap'
import { createClientAddressReader, createPeerReader, type PeerSocket } from '../../../lib/downstream/client-address.ts'
import type { Peer } from '../../../lib/headers/forwarded.ts'

const trusted = new BlockList()
trusted.addSubnet('10.0.0.0', 8, 'ipv4')
trusted.addAddress('fe80::1', 'ipv6')
trusted.addSubnet('2001:db8::', 32, 'ipv6')

const rows: { name: string, socket: PeerSocket, expected: Peer }[] = [
  { name: 'an IPv4 client', socket: { remoteAddress: '203.0.113.7' }, expected: { address: '203.0.113.7', isSecure: false, isTrusted: false } },
  { name: 'over TLS', socket: { remoteAddress: '203.0.113.7', encrypted: true }, expected: { address: '203.0.113.7', isSecure: true, isTrusted: false } },
  { name: 'a trusted IPv4 proxy', socket: { remoteAddress: '10.1.2.3' }, expected: { address: '10.1.2.3', isSecure: false, isTrusted: true } },
  { name: 'a trusted IPv4 proxy of a server on ::', socket: { remoteAddress: '::ffff:10.1.2.3' }, expected: { address: '10.1.2.3', isSecure: false, isTrusted: true } },
  { name: 'a trusted IPv6 proxy', socket: { remoteAddress: '2001:db8::5' }, expected: { address: '2001:db8::5', isSecure: false, isTrusted: true } },
  { name: 'an IPv6 client', socket: { remoteAddress: '2001:db9::5' }, expected: { address: '2001:db9::5', isSecure: false, isTrusted: false } },
  { name: 'a link-local proxy, whose zone means nothing elsewhere', socket: { remoteAddress: 'fe80::1%eth0' }, expected: { address: 'fe80::1', isSecure: false, isTrusted: true } },
  { name: 'a Unix socket', socket: {}, expected: { address: 'unknown', isSecure: false, isTrusted: false } },
]

for (const { name, socket, expected } of rows) {
  t.test(`peer: ${name}`, async t => t.strictSame(createPeerReader(trusted)(socket), expected))
}

t.test('a connection is judged once', async t => {
  const readPeer = createPeerReader(trusted)
  const socket = { remoteAddress: '10.0.0.1' as string | undefined }
  const peer = readPeer(socket)
  // node forgets the address of a connection that was closed.
  socket.remoteAddress = undefined
  t.equal(readPeer(socket), peer)
  t.not(readPeer({ remoteAddress: '10.0.0.1' }), peer)
})

const readClientAddress = createClientAddressReader(trusted)

const peerOf = (address: string, isTrusted: boolean) => ({ address, isSecure: false, isTrusted })
const proxy = peerOf('10.0.0.1', true)

const peers: { name: string, peer: typeof proxy, rawHeaders: string[], expected: string | undefined }[] = [
  { name: 'a client of its own', peer: peerOf('203.0.113.7', false), rawHeaders: [], expected: '203.0.113.7' },
  { name: 'a client that claims to be another', peer: peerOf('203.0.113.7', false), rawHeaders: ['X-Forwarded-For', '198.51.100.1'], expected: '203.0.113.7' },
  { name: 'an IPv6 client', peer: peerOf('2001:db9::1', false), rawHeaders: [], expected: '2001:db9::1' },
  { name: 'a Unix socket: all of its clients would look like one', peer: peerOf('unknown', false), rawHeaders: [], expected: undefined },
  { name: 'a proxy that asks for itself', peer: proxy, rawHeaders: ['Host', 'a'], expected: '10.0.0.1' },
]

for (const { name, peer, rawHeaders, expected } of peers) {
  t.test(`client address: ${name}`, async t => t.equal(readClientAddress(peer, rawHeaders), expected))
}

const chains: { name: string, rawHeaders: string[], expected: string }[] = [
  { name: 'one address', rawHeaders: ['X-Forwarded-For', '203.0.113.7'], expected: '203.0.113.7' },
  { name: 'in any case', rawHeaders: ['x-forwarded-FOR', '203.0.113.7'], expected: '203.0.113.7' },
  { name: 'the nearest that is no proxy', rawHeaders: ['X-Forwarded-For', '198.51.100.1, 203.0.113.7, 10.0.0.9, 2001:db8::9'], expected: '203.0.113.7' },
  { name: 'without spaces', rawHeaders: ['X-Forwarded-For', '198.51.100.1,203.0.113.7,10.0.0.9'], expected: '203.0.113.7' },
  { name: 'several lines are one list', rawHeaders: ['X-Forwarded-For', '198.51.100.1, 203.0.113.7', 'Host', 'a', 'X-Forwarded-For', '10.0.0.9'], expected: '203.0.113.7' },
  { name: 'the last line decides', rawHeaders: ['X-Forwarded-For', '198.51.100.1', 'X-Forwarded-For', '203.0.113.7'], expected: '203.0.113.7' },
  { name: 'an empty line', rawHeaders: ['X-Forwarded-For', '203.0.113.7', 'X-Forwarded-For', ''], expected: '203.0.113.7' },
  { name: 'only proxies: the farthest', rawHeaders: ['X-Forwarded-For', '10.0.0.7, 10.0.0.8, 10.0.0.9'], expected: '10.0.0.7' },
  { name: 'only proxies, and something else before them', rawHeaders: ['X-Forwarded-For', 'unknown, 10.0.0.8, 10.0.0.9'], expected: '10.0.0.8' },
  { name: 'IPv6', rawHeaders: ['X-Forwarded-For', '2001:DB9::1, 2001:db8::1'], expected: '2001:db9::1' },
  { name: 'IPv4 in IPv6 form', rawHeaders: ['X-Forwarded-For', '::ffff:203.0.113.7, ::FFFF:10.0.0.1'], expected: '203.0.113.7' },
  { name: 'a zone, which means nothing here', rawHeaders: ['X-Forwarded-For', 'fe80::1%eth0'], expected: 'fe80::1' },
  { name: 'a port', rawHeaders: ['X-Forwarded-For', '203.0.113.7:4711, 10.0.0.9:80'], expected: '203.0.113.7' },
  { name: 'brackets', rawHeaders: ['X-Forwarded-For', '[2001:db9::1], [2001:db8::1]:80'], expected: '2001:db9::1' },
  { name: 'what is no address is skipped', rawHeaders: ['X-Forwarded-For', '203.0.113.7, unknown, _hidden, 300.1.1.1, , 1.2.3, [, "10.0.0.1"'], expected: '203.0.113.7' },
  { name: 'nothing is an address', rawHeaders: ['X-Forwarded-For', ',unknown,'], expected: '10.0.0.1' },
  { name: 'Forwarded', rawHeaders: ['Forwarded', 'for=198.51.100.1, for="[2001:db9::1]:4711";proto=https, for=10.0.0.9'], expected: '2001:db9::1' },
  { name: 'several lines of Forwarded', rawHeaders: ['Forwarded', 'for=203.0.113.7', 'forwarded', 'for=10.0.0.9'], expected: '203.0.113.7' },
  { name: 'Forwarded that hides its client', rawHeaders: ['Forwarded', 'for=unknown, for=_secret;proto=http'], expected: '10.0.0.1' },
  { name: 'Forwarded without a client', rawHeaders: ['Forwarded', 'proto=https'], expected: '10.0.0.1' },
  { name: 'X-Forwarded-For comes first', rawHeaders: ['Forwarded', 'for=198.51.100.1', 'X-Forwarded-For', '203.0.113.7'], expected: '203.0.113.7' },
  { name: 'an empty X-Forwarded-For says nothing', rawHeaders: ['Forwarded', 'for=203.0.113.7', 'X-Forwarded-For', ''], expected: '203.0.113.7' },
]

for (const { name, rawHeaders, expected } of chains) {
  t.test(`client address behind a proxy: ${name}`, async t => t.equal(readClientAddress(proxy, rawHeaders), expected))
}

const long: { name: string, chain: string, expected: string }[] = [
  { name: 'proxies', chain: `203.0.113.7${',10.0.0.9'.repeat(100_000)}`, expected: '10.0.0.9' },
  { name: 'commas', chain: `203.0.113.7${','.repeat(1e6)}`, expected: '10.0.0.1' },
  { name: 'one long word', chain: `203.0.113.7,${'1'.repeat(1e6)}`, expected: '203.0.113.7' },
  { name: 'spaces', chain: `203.0.113.7,${' '.repeat(1e6)}198.51.100.1`, expected: '203.0.113.7' },
]

for (const { name, chain, expected } of long) {
  t.test(`a long chain is not followed to its end: ${name}`, async t => {
    let lookUps = 0
    const counting = Object.assign(new BlockList(), {
      check: (address: string, family: 'ipv4' | 'ipv6') => {
        lookUps++
        return trusted.check(address, family)
      },
    })
    t.equal(createClientAddressReader(counting)(proxy, ['X-Forwarded-For', chain]), expected)
    t.ok(lookUps <= 32, `${lookUps} look-ups`)
  })
}
