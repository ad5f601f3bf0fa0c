import type { UpstreamTarget } from '../../../../lib/location.ts'
import type { DocumentContext } from '../../../../lib/rewrite/openapi/servers.ts'
import type { PublicUrlContext } from '../../../../lib/rewrite/public-url.ts'

interface Given {
  prefix?: string
  basePath?: string
  origins?: string[]
  clientHosts?: string[]
}

/** An app on two upstreams; the first one responded. */
export function createUrlContext ({ prefix = '/users', basePath = '', origins = ['http://127.0.0.1:9001', 'http://10.0.0.2:9002'], clientHosts = ['gw.example:8000'] }: Given = {}): PublicUrlContext {
  return { prefix, basePath, clientHosts, upstreams: origins.map(origin => createUpstream(origin, basePath)) }
}

export function createDocumentContext ({ documentPath = '/openapi.json', ...given }: Given & { documentPath?: string } = {}): DocumentContext {
  return { urlContext: createUrlContext(given), documentPath }
}

function createUpstream (origin: string, basePath: string): UpstreamTarget {
  const { host, hostname, port } = new URL(origin)
  return {
    url: origin + basePath,
    origin,
    host,
    hostname,
    port: Number(port),
    isSecure: false,
    basePath,
    isHttp2: false,
    socketPath: null,
    weight: 1,
    ca: null,
    insecure: false,
  }
}
