import type { UpstreamTarget } from '../configuration/types.ts'

/**
 * The key by which an upstream is recognised after a change of options: its address and how it is reached, not its
 * weight.
 */
export function identityOf ({ url, isHttp2, insecure, ca }: UpstreamTarget): string {
  // The path of a Unix socket is part of the URL.
  return `${url} ${isHttp2} ${insecure} ${ca}`
}
