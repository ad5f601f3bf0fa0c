import { on, once } from 'node:events'
import type { Test } from 'tap'
import WebSocket, { type ClientOptions } from 'ws'
import type { News } from '../../examples/apps/chat/rooms.ts'

/** A person in the chat. */
export interface Guest {
  socket: WebSocket
  /** The news that came after the last. */
  next (): Promise<News>
  say (text: string): void
  /** How it was closed. */
  closed: Promise<{ code: number, reason: string }>
}

/**
 * Goes to the socket of a chat, and is let in or refused.
 * @param url - of the chat's page
 * @param query - `room` and `name`
 */
export async function enter (
  t: Test,
  url: string,
  query: Record<string, string>,
  options: ClientOptions = {}
): Promise<Guest> {
  const socket = new WebSocket(
    `${url.replace(/^http/, 'ws').replace(/\/$/, '')}/socket?${new URLSearchParams(query)}`,
    options
  )
  t.teardown(() => socket.terminate())
  const news = on(socket, 'message')
  const closed = new Promise<{ code: number; reason: string }>(resolve =>
    socket.once('close', (code, reason) => resolve({ code, reason: String(reason) }))
  )
  await once(socket, 'open')
  return {
    socket,
    async next () {
      const {
        value: [data],
      } = await news.next()
      return JSON.parse(String(data))
    },
    say: text => socket.send(text),
    closed,
  }
}

/** A person who has been welcomed. */
export async function enterWelcome (t: Test, url: string, query: Record<string, string>): Promise<Guest & { welcome: Extract<News, { type: 'welcome' }> }> {
  const guest = await enter(t, url, query)
  const welcome = await guest.next()
  if (welcome.type !== 'welcome') throw new Error(`There was no welcome: ${JSON.stringify(welcome)}`)
  return { ...guest, welcome }
}
