import { between, createRandom, oneOf } from './random.ts'

export type Framing = 'length' | 'chunked'

/**
 * One request of a test, and the response that it expects. All of it is in its method and its path, so that every
 * upstream knows it.
 */
export interface Task {
  /** Unique in a test, over all upstreams. */
  id: number
  method: 'GET' | 'POST'
  /** Length of the response's body. */
  size: number
  framing: Framing
  /** Length of the request's body; a GET has none. */
  uploadSize: number
  uploadFraming: Framing
}

const LARGEST = 200_000
const block = createBlock(512 * 1024)

function createBlock (length: number): Buffer {
  const random = createRandom(1)
  return Buffer.from(Uint8Array.from({ length }, () => random() * 256))
}

/** The body of the response to a task. Those of two tasks differ from the first bytes on. */
export function responseBody ({ id, size }: Task): Buffer {
  return sliceFor(id * 7919, size)
}

/** The body that is sent with a task. */
export function uploadBody ({ id, uploadSize }: Task): Buffer {
  return sliceFor(id * 7919 + 3571, uploadSize)
}

function sliceFor (position: number, size: number): Buffer {
  const start = position % (block.length - LARGEST)
  return block.subarray(start, start + size)
}

const edges = [0, 1, 2, 65_535, 65_536, 65_537, LARGEST]

/** Mostly small, as it is in life, now and then large or at a limit. */
export function chooseSize (random: () => number, largest = LARGEST): number {
  const kind = random()
  if (kind < 0.7) return between(random, 1, Math.min(1000, largest))
  if (kind < 0.9) return between(random, 0, Math.min(16_384, largest))
  if (kind < 0.95) return Math.min(oneOf(random, edges), largest)
  return between(random, 0, largest)
}

export interface Mix {
  /** Share of POSTs, 0 to 1. */
  posts: number
  /** Longest body, of responses and uploads. */
  largest?: number
}

export function createTask (id: number, random: () => number, { posts, largest }: Mix): Task {
  const isPost = random() < posts
  return {
    id,
    method: isPost ? 'POST' : 'GET',
    size: chooseSize(random, largest),
    framing: oneOf(random, ['length', 'chunked']),
    uploadSize: isPost ? chooseSize(random, largest) : 0,
    uploadFraming: oneOf(random, ['length', 'chunked']),
  }
}

/** The path of a task, which says everything about it. */
export function pathOf ({ id, size, framing, uploadSize, uploadFraming }: Task): string {
  return `/${id}/${framing}-${size}/${uploadFraming}-${uploadSize}`
}

const PATH = /^\/(\d+)\/(length|chunked)-(\d+)\/(length|chunked)-(\d+)$/

/** @returns `undefined` when it is no task's */
export function readTask (method: string, path: string): Task | undefined {
  const [, id, framing, size, uploadFraming, uploadSize] = PATH.exec(path) ?? []
  if (id === undefined || (method !== 'GET' && method !== 'POST')) return undefined
  return {
    id: Number(id),
    method,
    size: Number(size),
    framing: framing as Framing,
    uploadSize: Number(uploadSize),
    uploadFraming: uploadFraming as Framing,
  }
}

export function describeTask (task: Task): string {
  return `${task.method} ${pathOf(task)}`
}

/**
 * The head of the response to a task.
 * @param lines - further headers
 * @param length - what it says of the body, which may be a lie
 */
export function responseHead ({ id, framing, size }: Task, lines: readonly string[] = [], length = size): string {
  const framingLine = framing === 'chunked' ? 'Transfer-Encoding: chunked' : `Content-Length: ${length}`
  return ['HTTP/1.1 200 OK', 'Content-Type: application/octet-stream', `X-Task: ${id}`, ...lines, framingLine, '', ''].join('\r\n')
}

/** The body of the response to a task as it goes over the wire. */
export function framedBody (task: Task): Buffer {
  const body = responseBody(task)
  return task.framing === 'length' ? body : Buffer.concat([...chunksOf(body), Buffer.from('0\r\n\r\n')])
}

function chunksOf (body: Buffer): Buffer[] {
  const pieces: Buffer[] = []
  for (let at = 0; at < body.length; at += 10_000) {
    const piece = body.subarray(at, at + 10_000)
    pieces.push(Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n'))
  }
  return pieces
}

/** The whole response to a task. */
export function formatResponse (task: Task, lines: readonly string[] = []): Buffer {
  return Buffer.concat([Buffer.from(responseHead(task, lines)), framedBody(task)])
}
