import { type BlockList, isIP } from 'node:net'
import type { Peer } from '../headers/forwarded.ts'

/** What is read of a client's connection: a `net.Socket` or a `tls.TLSSocket`. */
export interface PeerSocket {
  readonly remoteAddress?: string | undefined
  readonly encrypted?: boolean
}

/**
 * Makes the function that tells who is at the other end of a connection. What it finds is kept with the connection, as
 * it is asked for every request.
 * @param trustedProxies - whose claims about their clients are believed
 */
export function createPeerReader (trustedProxies: BlockList): (socket: PeerSocket) => Peer {
  const peers = new WeakMap<PeerSocket, Peer>()
  return function readPeer (socket) {
    let peer = peers.get(socket)
    if (peer === undefined) {
      peer = describePeer(socket, trustedProxies)
      peers.set(socket, peer)
    }
    return peer
  }
}

function describePeer ({ remoteAddress, encrypted }: PeerSocket, trustedProxies: BlockList): Peer {
  // An IPv4 client of a server that listens on `::`, or the zone of a link-local address, which only this host can read.
  // A Unix socket has no address; RFC 7239 says `unknown` then.
  const address = remoteAddress?.replace(/^::ffff:(?=\d+\.)|%.*$/g, '') ?? 'unknown'
  const version = isIP(address)
  const isTrusted = version !== 0 && trustedProxies.check(address, version === 4 ? 'ipv4' : 'ipv6')
  return { address, isSecure: encrypted === true, isTrusted }
}
