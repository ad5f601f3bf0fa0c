/** An independent reading of API documents, on parsed data: at which addresses is each operation? */

// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Json = any

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace', 'query']

/**
 * Every operation under `paths` by its `operationId`, with the absolute URLs of all its servers.
 * @param address - of the document, absolute: what relative servers are relative to
 */
export function addressesOf (document: Json, address: string): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>()
  for (const [path, item] of Object.entries<Json>(document.paths ?? {})) {
    if (!path.startsWith('/')) continue
    for (const method of METHODS) {
      const operation = item[method]
      if (operation === undefined) continue
      const servers = document.swagger === undefined ? serversOf(document, item, operation) : [swaggerServer(document)]
      const urls = servers.map(server => absolute(server, address) + path)
      found.set(operation.operationId, new Set([...found.get(operation.operationId) ?? [], ...urls]))
    }
  }
  return found
}

function serversOf (document: Json, item: Json, operation: Json): string[] {
  const list = [operation.servers, item.servers, document.servers].find(servers => servers?.length > 0) ?? [{ url: '/' }]
  return list.map(({ url, variables = {} }: Json) =>
    url.replaceAll(/\{(.+?)\}/g, (_: string, name: string) => variables[name].default)
  )
}

function swaggerServer ({ basePath = '/', host, schemes = ['http'] }: Json): string {
  const path = basePath.startsWith('/') ? basePath : `/${basePath}`
  return host === undefined ? path : `${schemes[0]}://${host}${path}`
}

function absolute (server: string, address: string): string {
  return new URL(server === '' ? '/' : server, address).href.replace(/\/+$/, '')
}
