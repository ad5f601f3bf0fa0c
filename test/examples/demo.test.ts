import t, { type Test } from 'tap'
import type { User } from '../../examples/apps/users/directory.ts'
import { startDemo } from '../../examples/demo.ts'
import { openStream, readJson } from './client.ts'
import { enterWelcome } from './guest.ts'
import { startGateway } from './through-gateway.ts'

async function startAll (t: Test) {
  const demo = await startDemo()
  t.teardown(() => demo.close())
  return { demo, url: await startGateway(t, demo.options) }
}

t.test('everything that the demo offers to open is there', async t => {
  const { demo, url } = await startAll(t)
  t.ok(demo.links.length >= 5)
  for (const { title, path } of demo.links) {
    const response = await fetch(url + path)
    t.equal(response.status, 200, `${path}: ${title}`)
    await response.body?.cancel()
  }
})

t.test('the welcome page links to everything else', async t => {
  const { demo, url } = await startAll(t)
  const page = await (await fetch(url)).text()
  for (const { path } of demo.links) if (path !== '/') t.match(page, `href="${path}"`)
})

t.test('a user is created and read under the prefix', async t => {
  const { url } = await startAll(t)
  const created = await fetch(`${url}/users/`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'Kurt', email: 'kurt@example.com' }),
  })
  t.equal(created.status, 201)
  const user = await readJson<User>(created)
  t.same(await readJson(fetch(`${url}/users/${user.id}`)), user)
  t.equal((await readJson<{ total: number }>(fetch(`${url}/users`))).total, 13, 'also without the slash')
})

t.test('the first tick arrives while the stream goes on', async t => {
  const { url } = await startAll(t)
  const stream = await openStream(t, `${url}/stream/ticks`)
  t.match(stream.response.headers.get('content-type'), 'text/event-stream')
  t.match(await stream.readUntil('\n\n'), /^id: \d+\nevent: tick\ndata: /)
})

t.test('a response arrives token by token, as text too', async t => {
  const { url } = await startAll(t)
  for (const [accept, first, last] of [['text/event-stream', 'data: {"token":"You "}', 'data: [DONE]\n\n'], ['text/plain', 'You ', 'something has.']] as const) {
    const stream = await openStream(t, `${url}/stream/answer`, { method: 'POST', body: 'why?', headers: { accept } })
    const sent = Date.now()
    await stream.readUntil(first)
    const firstAfter = Date.now() - sent
    t.ok((await stream.readToEnd()).endsWith(last), accept)
    t.ok(Date.now() - sent > firstAfter + 500, 'the first token was there long before the last')
  }
})

t.test('two people in one room of the chat get each other\'s messages', async t => {
  const { url } = await startAll(t)
  const [ada, kurt] = [await enterWelcome(t, `${url}/chat`, { name: 'Ada' }), await enterWelcome(t, `${url}/chat`, { name: 'Kurt' })]
  ada.say('hello')
  t.match(await kurt.next(), { message: { from: 'Ada', text: 'hello' } })
})

t.test('the old application keeps its session through the gateway', async t => {
  const { url } = await startAll(t)
  const signedIn = await fetch(`${url}/legacy/login`, {
    method: 'POST',
    body: new URLSearchParams({ name: 'ada', password: 'analytical' }),
    redirect: 'manual',
  })
  t.equal(signedIn.status, 303)
  t.match(signedIn.headers.get('location'), /\/account$/)
  const cookie = signedIn.headers.getSetCookie()[0]!.split(';')[0]!
  const account = await fetch(`${url}/legacy/account`, { headers: { cookie } })
  t.match(await account.text(), /Account of ada/)
})

t.test('closing the demo stops its apps', async t => {
  const demo = await startDemo()
  const urls = [...demo.options.apps!.map(({ upstreams }) => upstreams as string), demo.options.extraProxy![0]!.url!]
  t.equal(urls.length, 5)
  await demo.close()
  for (const url of urls) await t.rejects(fetch(url), url)
})
