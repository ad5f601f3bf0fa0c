import { between, oneOf } from '../../../fault/random.ts'
import { bytesOf } from './reading.ts'

const HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n'

/** Answers to GET that are in order. */
export const CORPUS: readonly { name: string, bytes: Buffer, endsWithConnection: boolean }[] = [
  { name: 'a length', text: `${HEAD}Content-Length: 10\r\n\r\n0123456789` },
  { name: 'a length of 0', text: `${HEAD}Content-Length: 0\r\nKeep-Alive: timeout=5\r\n\r\n` },
  { name: 'a close', text: `${HEAD}Connection: close\r\nContent-Length: 3\r\n\r\nabc` },
  { name: 'HTTP/1.0', text: 'HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 3\r\n\r\nabc' },
  { name: 'chunks', text: `${HEAD}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0a;x="y"\r\n0123456789\r\n0\r\n\r\n` },
  { name: 'chunks with trailers', text: `${HEAD}Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n1\r\nb\r\n00\r\nX-Sum: 1\r\nX-More:\r\n\r\n` },
  { name: 'no content', text: 'HTTP/1.1 204 No Content\r\nX-Latin: \xe9\xff\r\n\r\n' },
  { name: 'not modified', text: 'HTTP/1.1 304\r\nETag: "a"\r\n\r\n' },
  { name: 'interim answers', text: `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${HEAD}Content-Length: 3\r\n\r\nabc` },
  { name: 'many headers', text: `${HEAD}${'Set-Cookie: a=1; Path=/\r\n'.repeat(20)}Content-Length: 3\r\n\r\nabc` },
  { name: 'the end of the connection', text: `${HEAD}\r\nuntil the end`, endsWithConnection: true },
  { name: 'the end of an old connection', text: 'HTTP/1.0 200 OK\r\n\r\nuntil the end', endsWithConnection: true },
].map(({ name, text, endsWithConnection = false }) => ({ name, bytes: bytesOf(text), endsWithConnection }))

/** What messages are made of, and what breaks them. */
const TOKENS = ['\r\n', '\r', '\n', '\0', ' ', '\t', ':', ';', ',', '0', '9', 'f', 'x', '\r\n\r\n', '\xff', 'Content-Length: 3\r\n', 'Transfer-Encoding: chunked\r\n', 'Connection: close\r\n', 'HTTP/1.1 200 OK\r\n', '0\r\n\r\n', '3\r\nabc\r\n'].map(bytesOf)

/** Some bytes of it, or of another, changed, gone, repeated, or between the others. */
export function mutate (random: () => number, bytes: Buffer): Buffer {
  let mutated = bytes
  for (let count = between(random, 1, 4); count > 0; count--) {
    const at = between(random, 0, mutated.length)
    const to = Math.min(mutated.length, at + between(random, 0, 8))
    mutated = Buffer.concat([mutated.subarray(0, at), changed(random, mutated.subarray(at, to)), mutated.subarray(to)])
  }
  return mutated
}

function changed (random: () => number, part: Buffer): Buffer {
  const ways = [
    () => Buffer.alloc(0),
    () => oneOf(random, TOKENS),
    () => Buffer.concat([part, oneOf(random, TOKENS)]),
    () => Buffer.concat([part, part]),
    () => Buffer.from(part.map(byte => byte ^ (1 << between(random, 0, 7)))),
    () => oneOf(random, CORPUS).bytes,
  ]
  return oneOf(random, ways)()
}

/** Cuts bytes at random. */
export function cut (random: () => number, bytes: Buffer): Buffer[] {
  const pieces: Buffer[] = []
  for (let at = 0; at < bytes.length;) {
    const end = at + between(random, 1, oneOf(random, [1, 5, 50]))
    pieces.push(bytes.subarray(at, end))
    at = end
  }
  return pieces
}
