import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { serverOf } from './node-internals.ts'

const LINE_BREAK = /[\r\n]/

/**
 * Has a server parse a request again that node has taken off its parser because of its `Upgrade`: this time as the
 * ordinary request that it is to be, with its body, and with what comes behind it on the connection. Without its
 * `Upgrade`, which makes node take it off together with `Connection`, or with what node takes for that
 * (`Proxy-Connection`): it must not come here again for ever.
 * @param head - what has been read behind the request's head
 */
export function reparseRequest (
  { method, url, httpVersion, rawHeaders }: IncomingMessage,
  socket: Socket,
  head: Buffer
): void {
  const lines = [`${method} ${url} HTTP/${httpVersion}`, ...headerLines(rawHeaders)]
  // Only node's lenient parser lets one through, and it would be another request then.
  const server = serverOf(socket)
  if (server === undefined || lines.some(line => LINE_BREAK.test(line))) {
    socket.destroy()
    return
  }
  // Of the response before it, the last that node had known of.
  socket.setTimeout(0)
  socket.unshift(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), head]))
  server.emit('encrypted' in socket ? 'secureConnection' : 'connection', socket)
}

function headerLines (rawHeaders: readonly string[]): string[] {
  const lines: string[] = []
  for (let i = 0; i < rawHeaders.length; i += 2) {
    // node's lenient parser lets white space through before the colon.
    const name = rawHeaders[i]!.trim()
    if (name.toLowerCase() !== 'upgrade') lines.push(`${name}: ${rawHeaders[i + 1]!}`)
  }
  return lines
}
