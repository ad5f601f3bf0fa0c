import type { IncomingMessage, Server } from 'node:http'
import type { Socket } from 'node:net'

const LINE_BREAK = /[\r\n]/

/**
 * Lets a server read a request again that node has taken off its parser because it asks to switch protocols: this time as
 * the ordinary request that it is to be, with its body, and with what comes behind it on the connection. Its
 * `Connection` does not say `upgrade` any more.
 * @param head - what has been read behind the request's head
 */
export function giveBack ({ method, url, httpVersion, rawHeaders }: IncomingMessage, socket: Socket & { server?: Server }, head: Buffer): void {
  const lines = [`${method} ${url} HTTP/${httpVersion}`, ...headerLines(rawHeaders)]
  // Only node's lenient parser lets one through, and it would be another request then.
  if (socket.server === undefined || lines.some(line => LINE_BREAK.test(line))) {
    socket.destroy()
    return
  }
  socket.unshift(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), head]))
  socket.server.emit('encrypted' in socket ? 'secureConnection' : 'connection', socket)
}

function headerLines (rawHeaders: readonly string[]): string[] {
  const lines: string[] = []
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!
    const value = name.toLowerCase() === 'connection' ? withoutUpgrade(rawHeaders[i + 1]!) : rawHeaders[i + 1]!
    lines.push(`${name}: ${value}`)
  }
  return lines
}

function withoutUpgrade (connection: string): string {
  return connection.split(',').filter(option => option.trim().toLowerCase() !== 'upgrade').join(',')
}
