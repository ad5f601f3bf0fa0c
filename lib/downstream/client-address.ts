import { type BlockList, isIP } from 'node:net'
import { type Peer, readForwarded } from '../headers/forwarded.ts'

/** No site has more proxies in a row; a longer chain is an invention, and each look-up costs. */
const MAX_HOPS = 32
/** The longest node that can hold an address: brackets, IPv6, a zone, a port. */
const MAX_NODE_LENGTH = 80
/**
 * What an IPv4 client of a server that listens on `::` has before its address, and the zone of a link-local one, which
 * only this host can read.
 */
const SPELLING = /^::ffff:(?=\d+\.)|%.*$/g

/** What is read of a client's connection: a `net.Socket` or a `tls.TLSSocket`. */
export interface PeerSocket {
  readonly remoteAddress?: string | undefined
  readonly encrypted?: boolean
}

/**
 * Makes the function that reads the other end of a connection. The result is kept with the connection, for all of its
 * requests.
 * @param trustedProxies - what these say about their clients is believed
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
  // A Unix socket has no address; RFC 7239 says `unknown` then.
  const address = remoteAddress?.replace(SPELLING, '') ?? 'unknown'
  return { address, isSecure: encrypted === true, isTrusted: isIP(address) !== 0 && isTrusted(address, trustedProxies) }
}

/**
 * Makes the function that reads the client of a request, for hashing: the other end of the connection, or, when that is
 * a trusted proxy, the nearest address in the chain that it reports that is not a trusted proxy itself. What stands
 * before that one may be the client's invention. Of a chain of trusted proxies only it is the farthest.
 * @returns reads a connection's peer and the headers as they came; `undefined` for a Unix socket
 * @see nginx, `real_ip_recursive`
 */
export function createClientAddressReader (
  trustedProxies: BlockList
): (peer: Peer, rawHeaders: readonly string[]) => string | undefined {
  return function readClientAddress (peer, rawHeaders) {
    const claimed = peer.isTrusted ? findClient(readChain(rawHeaders), trustedProxies) : undefined
    return claimed ?? (isIP(peer.address) === 0 ? undefined : peer.address)
  }
}

/** The addresses of client and proxies, the nearest last; empty when nothing is said. */
function readChain (rawHeaders: readonly string[]): string {
  const forwardedFor = joinLines(rawHeaders, 'x-forwarded-for')
  if (forwardedFor !== '') return forwardedFor
  return readForwarded(joinLines(rawHeaders, 'forwarded')).chain ?? ''
}

/** RFC 9110, 5.3: several lines are one list. */
function joinLines (rawHeaders: readonly string[], name: string): string {
  let joined = ''
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (rawHeaders[i]!.length !== name.length || rawHeaders[i]!.toLowerCase() !== name) continue
    joined += joined === '' ? rawHeaders[i + 1]! : `,${rawHeaders[i + 1]!}`
  }
  return joined
}

function findClient (chain: string, trustedProxies: BlockList): string | undefined {
  let farthest: string | undefined
  for (let end = chain.length, hops = 0; end > 0 && hops < MAX_HOPS; hops++) {
    const comma = chain.lastIndexOf(',', end - 1)
    const address = parseNode(chain.slice(comma + 1, end))
    if (address !== undefined && !isTrusted(address, trustedProxies)) return address
    farthest = address ?? farthest
    end = comma
  }
  return farthest
}

/**
 * `192.0.2.1`, also with a port, as some proxies write it, and an IPv6 address also in brackets; `undefined` for
 * anything else.
 */
function parseNode (node: string): string | undefined {
  if (node.length > MAX_NODE_LENGTH) return undefined
  const bare = node.trim().replace(/^\[([^\]]*)\](?::\d+)?$|^([\d.]+):\d+$/, '$1$2')
  const address = bare.toLowerCase().replace(SPELLING, '')
  return isIP(address) === 0 ? undefined : address
}

function isTrusted (address: string, trustedProxies: BlockList): boolean {
  return trustedProxies.check(address, isIP(address) === 4 ? 'ipv4' : 'ipv6')
}
