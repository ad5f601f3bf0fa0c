import type { Socket } from 'node:net'
import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises'
import { formatResponse, framedBody, responseBody, responseHead, type Task } from './task.ts'

/** A request on its way into an upstream. */
export interface ReceivedTask extends Task {
  /** Which request of its connection, from 1. */
  nth: number
  /** How often it has arrived now, at all upstreams together. */
  arrival: number
}

export interface Fault {
  /** When it happens: as soon as the request line is here, or when all of the request is. */
  at: 'begin' | 'end'
  /** Whether it is over with what `act` does: a response, whole and well-formed. */
  responds?: boolean
  act (socket: Socket, received: ReceivedTask, random: () => number): unknown
}

export type FaultName = keyof typeof faults

const BUSY = 'HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\nbusy'
const EVIL = 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\nevil'
const MANY = 10
/** Longer than the gateway of these tests waits, in milliseconds. */
const STALL = 1500

/**
 * Everything that an upstream may do with a request, by name. What it does with a whole one is to respond, or to
 * break off.
 */
export const faults = {
  none: { at: 'end', responds: true, act: respond },
  slow: {
    at: 'end',
    responds: true,
    async act (socket, received, random) {
      await delay(20 + random() * 180)
      respond(socket, received)
    },
  },
  /** Byte by byte, as far as that takes bearable time. */
  trickle: { at: 'end', responds: true, act: trickle },
  /** It closes what it announced to keep; the gateway may be about to use it. */
  'close after the response': {
    at: 'end',
    responds: true,
    act (socket, received) {
      respond(socket, received)
      socket.end()
    },
  },
  /** More than the length says: the response, and then another one without a request. */
  'too short a length': {
    at: 'end',
    responds: true,
    act: (socket, received) => write(socket, Buffer.concat([formatResponse(received), Buffer.from(EVIL)])),
  },
  busy: { at: 'end', responds: true, act: socket => write(socket, BUSY) },
  hang: { at: 'end', act: () => {} },
  /** Reads no more. In the end it does, or it would not even learn that the other end has gone. */
  'hang within the request': {
    at: 'begin',
    async act (socket) {
      socket.pause()
      await delay(STALL)
      socket.resume()
    },
  },
  'reset within the request': { at: 'begin', act: reset },
  'reset before the head': { at: 'end', act: reset },
  'end before the head': { at: 'end', act: socket => socket.end() },
  'reset within the head': {
    at: 'end',
    act (socket, received, random) {
      const head = responseHead(received)
      breakOff(socket, Buffer.from(head.slice(0, 1 + random() * (head.length - 2))), reset)
    },
  },
  'reset after the head': { at: 'end', act: (socket, received) => breakOff(socket, Buffer.from(responseHead(received)), reset) },
  'reset within the body': { at: 'end', act: (socket, received, random) => breakOff(socket, partOf(received, random), reset) },
  'end within the body': { at: 'end', act: (socket, received, random) => breakOff(socket, partOf(received, random), end) },
  'too long a length, and the end': { at: 'end', act: (socket, received) => breakOff(socket, tooLong(received), end) },
  'too long a length, and silence': { at: 'end', act: (socket, received) => write(socket, tooLong(received)) },
  garbage: {
    at: 'end',
    act: (socket, received, random) => write(socket, random() < 0.5 ? '220 mail.example.com ESMTP\r\n' : responseBody({ ...received, size: 100 })),
  },
  'garbage within the body': {
    at: 'end',
    act (socket, received) {
      const chunked = { ...received, framing: 'chunked' as const }
      write(socket, Buffer.concat([Buffer.from(responseHead(chunked)), framedBody(chunked).subarray(0, -5), Buffer.from('garbage\r\n')]))
    },
  },
  /** The keep-alive race: it closes a connection in the moment in which that is used again. */
  'reset on reuse': { at: 'begin', act: reset },
  'end on reuse': { at: 'begin', act: socket => socket.end() },
} satisfies Record<string, Fault>

/** What of these happens to a reused connection only. */
export function needsReuse (name: FaultName): boolean {
  return name.endsWith('on reuse')
}

export const faultNames = (Object.keys(faults) as FaultName[]).filter(name => name !== 'none')

function respond (socket: Socket, received: ReceivedTask): void {
  write(socket, formatResponse(received))
}

function write (socket: Socket, bytes: Buffer | string): void {
  if (socket.writable) socket.write(bytes, 'latin1')
}

async function trickle (socket: Socket, received: ReceivedTask): Promise<void> {
  const bytes = formatResponse(received)
  for (let at = 0; at < bytes.length && socket.writable;) {
    const length = at < 200 ? 1 : Math.ceil(bytes.length / MANY)
    socket.write(bytes.subarray(at, at + length))
    at += length
    await turn()
  }
}

function partOf (received: ReceivedTask, random: () => number): Buffer {
  const body = framedBody(received)
  return Buffer.concat([Buffer.from(responseHead(received)), body.subarray(0, random() * body.length)])
}

function tooLong (received: ReceivedTask): Buffer {
  const chunked = received.framing === 'chunked'
  return Buffer.concat([
    Buffer.from(responseHead(received, [], received.size + MANY)),
    chunked ? framedBody(received).subarray(0, -5) : responseBody(received),
  ])
}

/** Some bytes, and when they have left, the end. */
function breakOff (socket: Socket, bytes: Buffer, leave: (socket: Socket) => void): void {
  if (socket.writable) socket.write(bytes, () => leave(socket))
}

function reset (socket: Socket): void {
  socket.resetAndDestroy()
}

function end (socket: Socket): void {
  socket.end()
}
