import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { PageOptions } from '../../../../lib/rewrite/pages/page-url.ts'
import type { UpstreamTarget } from '../../../../lib/location.ts'

/**
 * An app at `/users` with one upstream, requested at `https://api.example.com` and, by its own account, at
 * `localhost:3000`.
 */
export const options: PageOptions = {
  mode: 'paths',
  origin: 'https://api.example.com',
  documentPath: '/docs',
  urlContext: {
    prefix: '/users',
    upstreams: [{ url: 'http://10.0.0.5:8001', host: '10.0.0.5:8001' } as UpstreamTarget],
    basePath: '',
    clientHosts: ['api.example.com', 'localhost:3000'],
  },
}

export function readFixture (name: string): string {
  return readFileSync(join(import.meta.dirname, '../../../fixtures/pages', name), 'utf8')
}
