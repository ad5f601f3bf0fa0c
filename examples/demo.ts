import type { GatewayOptions } from '../lib/options/schema.ts'
import type { RunningApp } from './apps/http.ts'
import { start as startChat } from './apps/chat/index.ts'
import { start as startLegacy } from './apps/legacy/index.ts'
import { start as startStream } from './apps/stream/index.ts'
import { start as startUsers } from './apps/users/index.ts'
import { startWelcome } from './welcome.ts'

/** Something to open in the demo. */
export interface DemoLink {
  title: string
  /** On the gateway. */
  path: string
}

/** The example apps, running. */
export interface Demo {
  /** Of a gateway in front of them. */
  options: GatewayOptions
  links: readonly DemoLink[]
  /** Stops the apps. */
  close (): Promise<void>
}

const links: readonly DemoLink[] = [
  { title: 'A user directory, as JSON', path: '/users/' },
  { title: 'Its API documentation', path: '/users/docs/' },
  { title: 'A clock and an answer, streamed', path: '/stream/' },
  { title: 'A chat over WebSocket', path: '/chat/' },
  { title: 'An old app: redirects, cookies, a login', path: '/legacy/' },
]

/**
 * Starts the four example apps and a welcome page on free ports of 127.0.0.1: `fastify-gateway start --demo` and
 * `npm start` put them behind a gateway.
 * @throws when an app does not start; then none is left running
 */
export async function startDemo (): Promise<Demo> {
  const [users, stream, chat, legacy, welcome] = await startAll([
    startUsers(),
    startStream(),
    startChat(),
    startLegacy(),
    startWelcome(links),
  ])
  return {
    options: {
      apps: [
        { name: 'users', prefix: 'users', upstreams: users.url },
        { name: 'stream', prefix: 'stream', upstreams: stream.url },
        { name: 'chat', prefix: 'chat', upstreams: chat.url },
        { name: 'legacy', prefix: 'legacy', upstreams: legacy.url },
      ],
      // What no app owns goes to the welcome page.
      extraProxy: [{ prefix: '', url: welcome.url }],
    },
    links: [{ title: 'This list, as a page', path: '/' }, ...links],
    async close () {
      await Promise.all([users, stream, chat, legacy, welcome].map(app => app.close()))
    },
  }
}

async function startAll<T extends Promise<RunningApp>[]> (starting: [...T]): Promise<{ [K in keyof T]: RunningApp }> {
  const results = await Promise.allSettled(starting)
  const apps = results.flatMap(result => result.status === 'fulfilled' ? [result.value] : [])
  const failed = results.find((result): result is PromiseRejectedResult => result.status === 'rejected')
  if (failed === undefined) return apps as { [K in keyof T]: RunningApp }
  await Promise.all(apps.map(app => app.close()))
  throw failed.reason
}
