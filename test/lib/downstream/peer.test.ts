import { BlockList } from 'node:net'
import t from 'tap'
import type { Peer } from '../../../lib/headers/forwarded.ts'
import { createPeerReader, type PeerSocket } from '../../../lib/downstream/peer.ts'

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
