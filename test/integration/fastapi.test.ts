import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { InlineAppOptions } from '../../lib/options/schema.ts'
import { hasFastApi } from '../browser/upstreams.ts'
import { listenGateway } from '../helpers/gateways.ts'
import { callServedOperations } from './operations.ts'

const skip = hasFastApi ? false : '/usr/bin/python3 has no fastapi and uvicorn: apt-get install python3-fastapi python3-uvicorn'
const JSON_TYPE = { 'content-type': 'application/json' }

t.test('FastAPI behind a prefix', { skip }, async t => {
  const upstream = await startItems(t)

  /** The requests that the app has received since the last call. */
  async function takeRequests (): Promise<string[]> {
    return await (await fetch(`${upstream}/requested`)).json() as string[]
  }

  /** A gateway with the app at `/items`, as its own routes are. */
  async function start (t: Test, flags: Partial<InlineAppOptions> = {}): Promise<string> {
    const { origin } = await listenGateway(t, { apps: [{ name: 'items', upstreams: upstream, ...flags }] })
    await takeRequests()
    return `${origin}/items`
  }

  const hosts: [string, Partial<InlineAppOptions>][] = [['the client\'s host', {}], ['its own host', { rewriteHost: true }]]
  for (const [name, flags] of hosts) {
    await t.test(`a client follows its slash redirect, which has ${name} in it`, async t => {
      const base = await start(t, flags)
      const moved = await fetch(`${base}/items?q=a%20b&q=/`, { redirect: 'manual' })
      t.equal(moved.status, 307)
      t.equal(moved.headers.get('location'), '/items/items/?q=a%20b&q=/')

      const followed = await fetch(new URL(moved.headers.get('location')!, moved.url))
      t.strictSame([followed.status, await followed.json()], [200, { q: '/' }])
      t.strictSame(await takeRequests(), ['GET /items?q=a%20b&q=/', 'GET /items/?q=a%20b&q=/'])
    })
  }

  await t.test('a client\'s POST and DELETE follow it with their bodies', async t => {
    const base = await start(t)
    const created = await fetch(`${base}/items`, { method: 'POST', body: '{"name":"Łamp"}', headers: JSON_TYPE })
    t.strictSame([created.status, created.url, await created.json()], [201, `${base}/items/`, { length: 16, name: 'Łamp' }])
    const deleted = await fetch(`${base}/items?q=1`, { method: 'DELETE' })
    t.strictSame([deleted.url, await deleted.json()], [`${base}/items/?q=1`, { deleted: '1' }])
  })

  await t.test('a slash too many is taken away again', async t => {
    const base = await start(t)
    const moved = await fetch(`${base}/items/7/`, { redirect: 'manual' })
    t.strictSame([moved.status, moved.headers.get('location')], [307, '/items/items/7'])
    t.strictSame(await (await fetch(`${base}/items/7/`)).json(), { id: 7 })
  })

  await t.test('with fastapiRedirect the gateway follows it, and goes straight there the next time', async t => {
    const base = await start(t, { fastapiRedirect: true })
    const read = await fetch(`${base}/items?q=1`, { redirect: 'error' })
    t.strictSame([read.status, read.headers.get('location'), await read.json()], [200, null, { q: '1' }])
    t.strictSame(await takeRequests(), ['GET /items?q=1', 'GET /items/?q=1'])

    const again = await fetch(`${base}/items?q=2&q=3`, { redirect: 'error' })
    t.strictSame(await again.json(), { q: '3' })
    t.strictSame(await takeRequests(), ['GET /items/?q=2&q=3'], 'with its own query')
  })

  await t.test('with fastapiRedirect POST and DELETE arrive whole, each method by itself', async t => {
    const base = await start(t, { fastapiRedirect: true })
    const post = { method: 'POST', body: '{"name":"Łamp"}', headers: JSON_TYPE, redirect: 'error' } as const
    for (const expected of [['POST /items', 'POST /items/'], ['POST /items/']]) {
      const created = await fetch(`${base}/items`, post)
      t.strictSame([created.status, await created.json()], [201, { length: 16, name: 'Łamp' }])
      t.strictSame(await takeRequests(), expected)
    }
    const deleted = await fetch(`${base}/items?q=x`, { method: 'DELETE', redirect: 'error' })
    t.strictSame(await deleted.json(), { deleted: 'x' })
    t.strictSame(await takeRequests(), ['DELETE /items?q=x', 'DELETE /items/?q=x'])
  })

  await t.test('without the redirect cache every request is redirected by the app anew', async t => {
    const base = await start(t, { fastapiRedirect: true, redirectCache: false })
    for (const q of ['1', '2']) {
      t.strictSame(await (await fetch(`${base}/items?q=${q}`, { redirect: 'error' })).json(), { q })
      t.strictSame(await takeRequests(), [`GET /items?q=${q}`, `GET /items/?q=${q}`])
    }
  })

  const bodies: [string, number, number][] = [['of 64 KB is kept and sent again', 64 * 1024, 201], ['above 64 KB gets the public redirect', 64 * 1024 + 1, 307]]
  for (const [name, length, status] of bodies) {
    await t.test(`with fastapiRedirect a body ${name}`, async t => {
      const base = await start(t, { fastapiRedirect: true })
      const body = `{"name":"${'x'.repeat(length - 11)}"}`
      for (const chunked of [false, true]) {
        const sent = chunked ? { body: new Blob([body]).stream(), duplex: 'half' } as object : { body }
        const response = await fetch(`${base}/items`, { method: 'POST', headers: JSON_TYPE, redirect: 'manual', ...sent })
        const text = await response.text()
        t.equal(response.status, status, chunked ? 'chunked' : 'with its length')
        if (status === 201) t.match(JSON.parse(text), { length })
        else t.equal(response.headers.get('location'), '/items/items/')
      }
    })
  }

  await t.test('fastapiRedirect follows below a base path, too', async t => {
    const base = await start(t, { upstreams: `${upstream}/v2`, fastapiRedirect: true })
    for (const expected of [['GET /v2/items?q=1', 'GET /v2/items/?q=1'], ['GET /v2/items/?q=1']]) {
      t.strictSame(await (await fetch(`${base}/items?q=1`, { redirect: 'error' })).json(), { q: '1' })
      t.strictSame(await takeRequests(), expected)
    }
    const unfollowed = await start(t, { upstreams: `${upstream}/v2` })
    const moved = await fetch(`${unfollowed}/items?q=1`, { redirect: 'manual' })
    t.equal(moved.headers.get('location'), '/items/items/?q=1')
  })

  for (const mode of ['paths', 'servers'] as const) {
    await t.test(`with the prefix in ${mode}, every operation of its document responds at the gateway`, async t => {
      const base = await start(t, { openapi: { mode } })
      const operations = await callServedOperations(t, `${base}/openapi.json`)
      t.equal(operations.length, 7)
    })

    await t.test(`with the prefix in ${mode}, so does every operation of an app that is mounted in it`, async t => {
      const base = await start(t, { openapi: { mode } })
      const operations = await callServedOperations(t, `${base}/v2/openapi.json`)
      t.equal(operations.length, 6)
    })

    await t.test(`with the prefix in ${mode}, and the mounted app alone behind it`, async t => {
      const base = await start(t, { openapi: { mode }, upstreams: `${upstream}/v2` })
      const operations = await callServedOperations(t, `${base}/openapi.json`)
      t.equal(operations.length, 6)
    })
  }

  await t.test('its pages name the document and the OAuth redirect at their public addresses', async t => {
    const base = await start(t)
    const docs = await (await fetch(`${base}/docs`)).text()
    t.match(docs, /url: '\/items\/openapi\.json'/)
    t.match(docs, /'\/items\/docs\/oauth2-redirect'/)
    t.match(await (await fetch(`${base}/redoc`)).text(), /spec-url="\/items\/openapi\.json"/)
    t.equal((await fetch(`${base}/docs/oauth2-redirect`)).status, 200)

    const mounted = await (await fetch(`${base}/v2/docs`)).text()
    t.match(mounted, /url: '\/items\/v2\/openapi\.json'/)
    const alone = await start(t, { upstreams: `${upstream}/v2` })
    t.match(await (await fetch(`${alone}/docs`)).text(), /url: '\/items\/openapi\.json'/)
  })

  await t.test('its cookies and the Location of what it created are public', async t => {
    const base = await start(t)
    const { status, headers } = await fetch(`${base}/login`, { method: 'POST' })
    t.equal(status, 204)
    t.strictSame(headers.getSetCookie(), ['session="a b"; HttpOnly; Path=/items/items; SameSite=lax', 'seen=1; Path=/; SameSite=lax'])
    t.equal(headers.get('location'), '/items/items/7')
  })

  await t.test('its own 404 stays its own', async t => {
    const base = await start(t, { fastapiRedirect: true })
    const missing = await fetch(`${base}/nothing`)
    t.strictSame([missing.status, await missing.json()], [404, { detail: 'Not Found' }])
  })
})

/** The app of `items_app.py`. Resolves to its origin. */
async function startItems (t: Test): Promise<string> {
  const child = spawn('/usr/bin/python3', [join(import.meta.dirname, 'items_app.py')], { stdio: ['pipe', 'pipe', 'inherit'] })
  const exited = once(child, 'exit')
  t.teardown(async () => {
    child.stdin.end()
    await exited
  })
  const [port] = await Promise.race([once(child.stdout, 'data'), exited.then(() => { throw new Error('FastAPI does not start') })])
  return `http://127.0.0.1:${Number(port)}`
}
