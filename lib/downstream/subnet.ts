import { BlockList, isIP } from 'node:net'

/** An IP address, or all that begin with the same bits (RFC 4632). */
export interface Subnet {
  address: string
  /** How many bits count. */
  bits: number
  family: 'ipv4' | 'ipv6'
}

/** Reads `10.0.0.1`, `10.0.0.0/8`, `2001:db8::/32`. @returns `undefined` for anything else */
export function parseSubnet (text: string): Subnet | undefined {
  const [, address, bits] = /^([^/%]+)(?:\/(\d{1,3}))?$/.exec(text) ?? []
  if (address === undefined || isIP(address) === 0) return undefined
  const family = isIP(address) === 4 ? 'ipv4' : 'ipv6'
  const longest = family === 'ipv4' ? 32 : 128
  const count = Number(bits ?? longest)
  return count <= longest ? { address, bits: count, family } : undefined
}

/** What looks addresses up in subnets. */
export function createBlockList (subnets: readonly Subnet[]): BlockList {
  const blockList = new BlockList()
  for (const { address, bits, family } of subnets) blockList.addSubnet(address, bits, family)
  return blockList
}
