import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type Handler, readQuery, readText, type RunningApp, runWhenMain, serve, type StartOptions } from '../http.ts'
import { htmlType } from '../page.ts'
import { generateAnswer, toEvents } from './answer.ts'
import { streamPage } from './page.ts'
import { ticks } from './ticks.ts'

// An app that streams: a clock as server-sent events, and an answer that comes token by token.

const routes: Record<string, Handler> = {
  'GET /': sendPage,
  'GET /ticks': sendTicks,
  'GET /answer': sendAnswer,
  'POST /answer': sendAnswer,
}

/** Starts the app. */
export function start (options?: StartOptions): Promise<RunningApp> {
  return serve(routes, options)
}

function sendPage (request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': htmlType }).end(streamPage)
}

async function sendTicks (request: IncomingMessage, response: ServerResponse): Promise<void> {
  const lastEventId = request.headers['last-event-id']
  await stream(response, 'text/event-stream', signal => ticks(lastEventId?.toString(), signal))
}

async function sendAnswer (request: IncomingMessage, response: ServerResponse): Promise<void> {
  const question = await readQuestion(request)
  if (wantsText(request)) await stream(response, 'text/plain; charset=utf-8', signal => generateAnswer(question, signal))
  else await stream(response, 'text/event-stream', signal => toEvents(generateAnswer(question, signal)))
}

/** Sends every chunk when it is there, as fast as the client reads, until the client leaves. */
async function stream (
  response: ServerResponse,
  type: string,
  open: (signal: AbortSignal) => AsyncIterable<string>
): Promise<void> {
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  response.writeHead(200, { 'content-type': type, 'cache-control': 'no-cache' })
  response.flushHeaders()
  // A HEAD has no body to wait for.
  if (response.req.method === 'HEAD') response.end()
  else await pipeline(Readable.from(open(gone.signal)), response)
}

/** `?q=`, or the body: JSON `{ "question": … }`, anything else as it is. */
async function readQuestion (request: IncomingMessage): Promise<string> {
  if (request.method !== 'POST') return readQuery(request).get('q') ?? ''
  const body = await readText(request, 8192)
  try {
    const { question } = JSON.parse(body)
    return typeof question === 'string' ? question : ''
  } catch {
    return body
  }
}

function wantsText ({ headers: { accept = '' } }: IncomingMessage): boolean {
  return accept.includes('text/plain') && !accept.includes('text/event-stream')
}

runWhenMain(import.meta.url, start)
