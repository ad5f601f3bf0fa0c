import type { Page } from 'playwright-core'
import type { Test } from 'tap'
import { listenGateway } from '../helpers/gateways.ts'
import { tryOut } from './swagger-ui.ts'

/** Both ways to put the public path into a document, and what the page shows before each path. */
export const modes = [{ mode: 'paths', shown: '/users' }, { mode: 'servers', shown: '' }] as const

/** A gateway with one app at `/users`. Resolves to the app's public address. */
export async function startGateway (t: Test, upstream: string, mode: 'paths' | 'servers'): Promise<string> {
  const app = { name: 'users', upstreams: [upstream], openapi: { mode } }
  const { origin } = await listenGateway(t, { apps: [app] })
  return `${origin}/users`
}

/** Tries the two operations that the Node apps have, and checks what came back and from where. */
export async function checkOperations (t: Test, page: Page, address: string, shown: string): Promise<void> {
  const read = await tryOut(page, `GET ${shown}/items/{id}`, { id: '7' })
  t.match(read, { status: /^200/, body: /"id": 7/, url: `${address}/items/7` })
  const created = await tryOut(page, `POST ${shown}/items`, { body: '{"name":"Łamp"}' })
  t.match(created, { status: /^201/, body: /"name": "Łamp"/, url: `${address}/items` })
}
