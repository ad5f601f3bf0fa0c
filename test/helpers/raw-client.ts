import { once } from 'node:events'
import net, { type Socket } from 'node:net'
import type { Test } from 'tap'
import { within } from './waiting.ts'

/** A client of bytes. `received()` is everything so far; `until` waits for it to match. */
export interface RawClient {
  socket: Socket
  write (data: string | Buffer): void
  received (): string
  until (pattern: RegExp): Promise<string>
  /** Resolves to everything, when the other end has closed. */
  closed (): Promise<string>
}

/** Bytes are latin1 characters, one each. */
export async function connectRaw (
  t: Test,
  port: number,
  options: Partial<net.TcpNetConnectOpts> = {}
): Promise<RawClient> {
  const socket = net.connect({ ...options, port, host: '127.0.0.1' })
  t.teardown(() => socket.destroy())
  let text = ''
  socket.setMaxListeners(0)
  socket
    .on('data', chunk => {
      text += chunk.toString('latin1')
    })
    .on('error', () => {})
  await once(socket, 'connect')
  return {
    socket,
    write: data => {
      socket.write(data, 'latin1')
    },
    received: () => text,
    async until (pattern) {
      while (!pattern.test(text)) {
        if (socket.destroyed) throw new Error(`closed before ${pattern}: ${JSON.stringify(text)}`)
        await Promise.race([once(socket, 'data'), once(socket, 'close')])
      }
      return text
    },
    async closed () {
      if (!socket.closed) await once(socket, 'close')
      return text
    },
  }
}

/** Sends bytes and resolves to all that comes back until the connection is closed. */
export async function sendBytes (t: Test, port: number, bytes: string | Buffer): Promise<string> {
  const client = await connectRaw(t, port)
  client.write(bytes)
  return within(client.closed(), () => `the connection stays open after ${JSON.stringify(client.received())}`, 10_000)
}

/** `sendBytes`, for one well-formed request: its one response. */
export async function sendRawRequest (
  t: Test,
  port: number,
  requestLine: string,
  lines?: readonly string[],
  body?: string
): Promise<Message> {
  return readMessage(await sendBytes(t, port, formatRequest(requestLine, lines, body)))
}

/** A request of lines, with a `Host`, on a connection that ends with it. */
export function formatRequest (requestLine: string, lines: readonly string[] = [], body = ''): string {
  return [`${requestLine} HTTP/1.1`, 'Host: gateway.test', 'Connection: close', ...lines, '', body].join('\r\n')
}

/** The head of a request or of a response, and what follows it. */
export interface Message {
  startLine: string
  /** Names as they were written, and values, in their order. */
  fields: [name: string, value: string][]
  body: string
}

/** The first message of what went over a wire. Chunked bodies stay as they are. */
export function readMessage (text: string): Message {
  const end = text.indexOf('\r\n\r\n')
  if (end === -1) throw new Error(`no complete head: ${JSON.stringify(text)}`)
  const [startLine = '', ...lines] = text.slice(0, end).split('\r\n')
  return { startLine, fields: lines.map(splitField), body: text.slice(end + 4) }
}

function splitField (line: string): [string, string] {
  const colon = line.indexOf(':')
  return [line.slice(0, colon), line.slice(colon + 1).replace(/^ /, '')]
}

/** Every value that a message has under a name, in order. */
export function valuesOf ({ fields }: Message, name: string): string[] {
  return fields.filter(([given]) => given.toLowerCase() === name.toLowerCase()).map(([, value]) => value)
}

/** The statuses of all responses in what came over a connection. */
export function statusesOf (text: string): number[] {
  return [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status))
}

/** The body of a response with the chunks of `Transfer-Encoding: chunked` joined. */
export function bodyOf (message: Message): string {
  if (valuesOf(message, 'transfer-encoding').length === 0) return message.body
  let joined = ''
  for (let rest = message.body; ;) {
    const [line = '', size = ''] = /^([\da-f]+)\r\n/i.exec(rest) ?? []
    if (Number.parseInt(size, 16) === 0) return joined
    if (line === '') throw new Error(`not chunked: ${JSON.stringify(rest)}`)
    const end = line.length + Number.parseInt(size, 16)
    joined += rest.slice(line.length, end)
    rest = rest.slice(end + 2)
  }
}
