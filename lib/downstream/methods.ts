/** CONNECT is for a tunnel to anywhere (RFC 9110, 9.3.6), and TRACE shows a client's credentials to its scripts (9.3.8). */
export function isForwarded (method: string): boolean {
  return method !== 'CONNECT' && method !== 'TRACE'
}

/** The `Allow` of a server that knows these methods. */
export function allowOf (methods: readonly string[]): string {
  return methods.filter(isForwarded).join(', ')
}
