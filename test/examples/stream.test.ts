import t, { type Test } from 'tap'
import { start } from '../../examples/apps/stream/index.ts'
import { openStream } from './client.ts'

async function startStream (t: Test): Promise<string> {
  const app = await start()
  t.teardown(() => app.close())
  return app.url
}

t.test('the first tick comes at once and the second about a second after it, with consecutive ids', async t => {
  const stream = await openStream(t, `${await startStream(t)}/ticks`)
  t.equal(stream.response.headers.get('content-type'), 'text/event-stream')
  const first = parseTick(await stream.readUntil('\n\n'))
  const arrived = Date.now()
  const second = parseTick(await stream.readUntil('\n\n'))
  t.equal(second.id, first.id + 1)
  t.equal(second.data.tick, second.id)
  t.equal(first.event, 'tick')
  t.ok(Date.now() - arrived < 1500, 'within a second and a half')
})

t.test('a client that says what it saw last gets what it missed', async t => {
  const url = await startStream(t)
  const lastSeen = Math.floor(Date.now() / 1000) - 4
  const stream = await openStream(t, `${url}/ticks`, { headers: { 'last-event-id': `${lastSeen}` } })
  for (const missed of [1, 2, 3, 4]) t.equal(parseTick(await stream.readUntil('\n\n')).id, lastSeen + missed)
})

t.test('the first tick after a Last-Event-ID', async t => {
  const url = await startStream(t)
  const cases: [name: string, id: string, earliest: number][] = [
    ['that is no number', 'abc', 0],
    ['that is in the future', '99999999999', 0],
    ['that is too long ago', '1', -59],
  ]
  for (const [name, id, distance] of cases) {
    const now = Math.floor(Date.now() / 1000)
    const stream = await openStream(t, `${url}/ticks`, { headers: { 'last-event-id': id } })
    const late = parseTick(await stream.readUntil('\n\n')).id - (now + distance)
    t.ok(late === 0 || late === 1, name)
  }
})

t.test('a response comes token by token and ends in [DONE]', async t => {
  const url = await startStream(t)
  const body = JSON.stringify({ question: 'Does it stream?' })
  const stream = await openStream(t, `${url}/answer`, { method: 'POST', body })
  t.same(JSON.parse((await stream.readUntil('\n\n')).slice('data: '.length)), { token: 'You ' })
  const rest = await stream.readToEnd()
  t.ok(rest.endsWith('data: [DONE]\n\n'))
  t.match(rest, /“Does /)
})

t.test('the question may be a query, text or missing', async t => {
  const url = await startStream(t)
  const cases: [name: string, path: string, init: RequestInit, expected: string][] = [
    ['a query', '/answer?q=why%3F', {}, 'You asked: “why?”.'],
    ['text', '/answer', { method: 'POST', body: 'how?' }, 'You asked: “how?”.'],
    ['none', '/answer', {}, 'You asked nothing in particular.'],
  ]
  for (const [name, path, init, expected] of cases) {
    const stream = await openStream(t, url + path, { ...init, headers: { accept: 'text/plain' } })
    t.equal((await stream.readUntil('. ')).trim(), expected, name)
    t.equal(stream.response.headers.get('content-type'), 'text/plain; charset=utf-8')
    t.equal(stream.response.headers.get('content-length'), null, 'chunked')
  }
})

t.test('a question that is too long is refused', async t => {
  const response = await fetch(`${await startStream(t)}/answer`, { method: 'POST', body: 'x'.repeat(10_000) })
  t.equal(response.status, 413)
})

t.test('the page names no address from the root', async t => {
  const page = await (await fetch(await startStream(t))).text()
  t.match(page, /new URL\('ticks', folder\)/)
  t.notMatch(page, /(?:src|href|action)="\//)
  t.notMatch(page, /https?:/)
})

t.test('a HEAD ends, also of a stream, and what is not there is 404', async t => {
  const url = await startStream(t)
  t.equal((await fetch(`${url}/ticks`, { method: 'HEAD' })).status, 200)
  t.equal((await fetch(`${url}/tocks`)).status, 404)
  t.equal((await fetch(url, { method: 'DELETE' })).status, 404)
})

function parseTick (event: string): { id: number, event: string, data: { tick: number, time: string } } {
  const { id, data, event: name } = Object.fromEntries(event.trim().split('\n').map(line => line.split(/: (.*)/)))
  return { id: Number(id), event: name, data: JSON.parse(data) }
}
