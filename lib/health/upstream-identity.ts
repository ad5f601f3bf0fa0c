import type { UpstreamTarget } from '../location.ts'

/**
 * Identity of an upstream across changes of its options: its address and how it is connected to, but not its weight.
 * Upstreams with the same identity share their health check.
 * @returns a key for maps
 */
export function identityOf ({ url, isHttp2, insecure, ca }: UpstreamTarget): string {
  // The URL of a Unix socket includes its path.
  return `${url} ${isHttp2} ${insecure} ${ca}`
}
