import { once } from 'node:events'
import http, { type RequestListener } from 'node:http'
import type { Test } from 'tap'
import t from 'tap'
import type { GatewayPluginOptions } from '../../index.ts'
import { connectRaw, listenGateway, listenOwnServer, portOf } from '../helper.ts'

/** The gateway, listening, in one of the ways to run it. */
export type Listen = (t: Test, options: GatewayPluginOptions) => ReturnType<typeof listenOwnServer>

/** Where a gateway may run. What a client sees must not depend on it. */
export const servers: ReadonlyArray<{ name: string, isOwn: boolean, listen: Listen }> = [
  { name: 'in somebody else\'s server', isOwn: false, listen: (t, options) => listenGateway(t, options) },
  { name: 'on a server of its own', isOwn: true, listen: listenOwnServer },
]

/** One test for each way to run the gateway. */
export function onEachServer (title: string, run: (t: Test, listen: Listen, isOwn: boolean) => Promise<void>): void {
  for (const { name, listen, isOwn } of servers) t.test(`${title}, ${name}`, t => run(t, listen, isOwn))
}

/** An upstream that parses what it gets as node does, and keeps every byte of it, whatever that was. */
export interface Recorder {
  origin: string
  /** Everything from all connections, a latin1 character a byte. */
  bytes (): string
  /** Resolves to everything, once it matches. */
  until (pattern: RegExp): Promise<string>
  /** Forgets what came so far. */
  reset (): void
}

/** Reads the whole request, and answers with the target that it was sent to. */
export const echoTarget: RequestListener = (request, response) => {
  request.resume().on('end', () => response.end(request.url))
}

/** @param listener - `echoTarget` by default */
export async function startRecorder (t: Test, listener: RequestListener = echoTarget): Promise<Recorder> {
  let text = ''
  const server = http.createServer(listener)
  server.on('connection', socket => socket.prependListener('data', chunk => {
    text += chunk.toString('latin1')
    server.emit('recorded')
  }))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close().closeAllConnections())
  return {
    origin: `http://127.0.0.1:${portOf(server)}`,
    bytes: () => text,
    reset: () => { text = '' },
    async until (pattern) {
      while (!pattern.test(text)) await once(server, 'recorded')
      return text
    },
  }
}

/** A request's head or an answer's, and what follows it. */
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

/** The statuses of all the answers in what came over a connection. */
export function statusesOf (text: string): number[] {
  return [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status))
}

/** A request of lines, with a `Host`, on a connection that ends with it. */
export function formatRequest (requestLine: string, lines: readonly string[] = [], body = ''): string {
  return [`${requestLine} HTTP/1.1`, 'Host: gateway.test', 'Connection: close', ...lines, '', body].join('\r\n')
}

/** Sends bytes and resolves to all that comes back until the connection is closed. */
export async function ask (t: Test, port: number, bytes: string | Buffer): Promise<string> {
  const client = await connectRaw(t, port)
  client.write(bytes)
  return within(client.closed(), () => `the connection stays open after ${JSON.stringify(client.received())}`)
}

/** `ask`, for one well-formed request: its one answer. */
export async function askOnce (t: Test, port: number, requestLine: string, lines?: readonly string[], body?: string): Promise<Message> {
  return readMessage(await ask(t, port, formatRequest(requestLine, lines, body)))
}

/** The body of an answer with the chunks of `Transfer-Encoding: chunked` joined. */
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

/** An upper bound for what must happen, so that a failure says what did not. */
export async function within<T> (promise: Promise<T>, complain: () => string, milliseconds = 4000): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(complain())), milliseconds)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
