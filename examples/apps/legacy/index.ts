import { randomUUID } from 'node:crypto'
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { type Handler, readText, type RunningApp, runWhenMain, serve, type StartOptions } from '../http.ts'
import { htmlType } from '../page.ts'
import { renderAccount, renderHome, renderLogin } from './pages.ts'

// An application from the time before reverse proxies: redirects to the root of the site, absolute addresses made from
// the Host header, cookies for the root and for a path of its own. What a gateway has to cope with.

const passwords = new Map([['ada', 'analytical']])
/** Older sessions are forgotten, so that sign-ins cannot fill the memory. */
const maxSessions = 1000

/** Starts the app; its sessions live as long as it does. */
export function start (options?: StartOptions): Promise<RunningApp> {
  return serve(createRoutes(new Map()), options)
}

/** @param sessions - users by session id */
function createRoutes (sessions: Map<string, string>): Record<string, Handler> {
  const findUser = (request: IncomingMessage) => sessions.get(readCookie(request, 'session') ?? '')

  async function signIn (request: IncomingMessage, response: ServerResponse): Promise<void> {
    const form = new URLSearchParams(await readText(request, 4096))
    const name = form.get('name') ?? ''
    if (passwords.get(name) !== form.get('password')) return sendHtml(response, 401, renderLogin('That is not the password.'))
    const id = openSession(sessions, name)
    redirect(response, 303, '/account', { 'set-cookie': [`session=${id}; Path=/; HttpOnly; SameSite=Lax`] })
  }

  function showAccount (request: IncomingMessage, response: ServerResponse): void {
    const user = findUser(request)
    if (user === undefined) return redirect(response, 302, '/login')
    const visit = `visit=${encodeURIComponent(new Date().toUTCString())}; Path=/account; Max-Age=31536000; SameSite=Lax`
    sendHtml(response, 200, renderAccount(user, readCookie(request, 'visit')), { 'set-cookie': [visit] })
  }

  function signOut (request: IncomingMessage, response: ServerResponse): void {
    sessions.delete(readCookie(request, 'session') ?? '')
    redirect(response, 302, absolute(request, '/'), { 'set-cookie': ['session=; Path=/; Max-Age=0', 'visit=; Path=/account; Max-Age=0'] })
  }

  return {
    'GET /': (request, response) => sendHtml(response, 200, renderHome(findUser(request))),
    'GET /login': (request, response) => sendHtml(response, 200, renderLogin()),
    'POST /login': signIn,
    'GET /account': showAccount,
    'POST /logout': signOut,
    'GET /index.php': (request, response) => redirect(response, 301, absolute(request, '/')),
  }
}

function openSession (sessions: Map<string, string>, user: string): string {
  const id = randomUUID()
  sessions.set(id, user)
  const [oldest] = sessions.keys()
  if (sessions.size > maxSessions && oldest !== undefined) sessions.delete(oldest)
  return id
}

function sendHtml (response: ServerResponse, status: number, html: string, headers: OutgoingHttpHeaders = {}): void {
  response.writeHead(status, { 'content-type': htmlType, 'cache-control': 'no-store', ...headers }).end(html)
}

function redirect (
  response: ServerResponse, status: number, location: string, headers: OutgoingHttpHeaders = {}
): void {
  response.writeHead(status, { location, ...headers }).end()
}

/** The address that the app believes to have: the Host header, without TLS, at the root. */
function absolute (request: IncomingMessage, path: string): string {
  return `http://${request.headers.host ?? 'localhost'}${path}`
}

function readCookie ({ headers: { cookie = '' } }: IncomingMessage, name: string): string | undefined {
  const pair = cookie.split('; ').find(pair => pair.startsWith(`${name}=`))
  return pair === undefined ? undefined : decodeCookie(pair.slice(name.length + 1))
}

function decodeCookie (value: string): string {
  try {
    return decodeURIComponent(value)
  } catch {
    return value
  }
}

runWhenMain(import.meta.url, start)
