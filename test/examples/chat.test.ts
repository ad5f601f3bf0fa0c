import { once } from 'node:events'
import t, { type Test } from 'tap'
import { type ChatOptions, start } from '../../examples/apps/chat/index.ts'
import { limitRate } from '../../examples/apps/chat/rate-limit.ts'
import { limits, type News, Rooms } from '../../examples/apps/chat/rooms.ts'
import { enter, enterWelcome } from './guest.ts'
import { startGateway } from './through-gateway.ts'

async function startChat (t: Test, options?: ChatOptions): Promise<string> {
  const app = await start(options)
  t.teardown(() => app.close())
  return app.url
}

const throughGateway = async (t: Test) => `${await startGateway(t, { apps: [{ name: 'chat', upstreams: await startChat(t) }] })}/chat/`

for (const [way, open] of Object.entries({ directly: startChat, 'through the gateway': throughGateway })) {
  t.test(`two people talk ${way}`, async t => {
    const url = await open(t)
    const ada = await enterWelcome(t, url, { room: 'engines', name: 'Ada' })
    t.same(ada.welcome, { type: 'welcome', room: 'engines', you: 'Ada', people: ['Ada'], history: [] })
    const kurt = await enterWelcome(t, url, { room: 'engines', name: ' Kurt ' })
    t.match(kurt.welcome, { you: 'Kurt', people: ['Ada', 'Kurt'] })
    t.same(await ada.next(), { type: 'came', name: 'Kurt', people: ['Ada', 'Kurt'] })

    ada.say('Is it complete? <b>ħ</b>')
    const message = { type: 'message', message: { from: 'Ada', text: 'Is it complete? <b>ħ</b>', at: /^\d{4}-.*Z$/ } }
    t.match(await ada.next(), message)
    t.match(await kurt.next(), message)
    kurt.say('No.')
    t.match(await ada.next(), { message: { from: 'Kurt', text: 'No.' } })
    kurt.socket.close(1000)
    t.same(await ada.next(), { type: 'left', name: 'Kurt', people: ['Ada'] })
    t.match(await kurt.closed, { code: 1000 })
  })

  t.test(`a message that is too long is closed with 1009 ${way}`, async t => {
    const { say, closed } = await enterWelcome(t, await open(t), { name: 'Ada' })
    say('€'.repeat(limits.text + 1))
    t.match(await closed, { code: 1009 })
  })

  t.test(`the page is the same in a folder of its own ${way}`, async t => {
    const response = await fetch(await open(t))
    t.equal(response.headers.get('content-type'), 'text/html; charset=utf-8')
    const page = await response.text()
    t.match(page, /new URL\('socket', folder\)/)
    t.notMatch(page, /(?:src|href|action)="\//)
    t.notMatch(page, /(?:https?|wss?):\/\//)
    t.notMatch(page, /innerHTML|insertAdjacentHTML|document\.write/)
  })
}

t.test('the longest message arrives', async t => {
  const { say, next } = await enterWelcome(t, await startChat(t), { name: 'Ada' })
  say('€'.repeat(limits.text))
  t.match(await next(), { message: { text: '€'.repeat(limits.text) } })
})

t.test('who comes late is told the last of what was said, whoever said it', async t => {
  const url = await startChat(t)
  const ada = await enterWelcome(t, url, { name: 'Ada' })
  for (const text of ['one', 'two', ' ']) ada.say(text)
  await ada.next()
  await ada.next()
  ada.socket.close()
  await ada.closed
  const { welcome } = await enterWelcome(t, url, { room: 'lobby', name: 'Kurt' })
  t.match(welcome.history, [{ from: 'Ada', text: 'one' }, { from: 'Ada', text: 'two' }])
  t.equal(welcome.history.length, 2, 'nothing is not said')
})

t.test('what is said stays in its room', async t => {
  const url = await startChat(t)
  const ada = await enterWelcome(t, url, { room: 'one', name: 'Ada' })
  const kurt = await enterWelcome(t, url, { room: 'two', name: 'Kurt' })
  ada.say('for one')
  await ada.next()
  kurt.say('for two')
  t.match(await kurt.next(), { message: { text: 'for two' } })
})

const strangers: { name: string, query: Record<string, string>, code: number, reason: string }[] = [
  { name: 'no name', query: {}, code: 1008, reason: 'A name has 1 to 24 characters' },
  { name: 'a name of spaces', query: { name: '  ' }, code: 1008, reason: 'A name has 1 to 24 characters' },
  { name: 'a name that is too long', query: { name: 'x'.repeat(25) }, code: 1008, reason: 'A name has 1 to 24 characters' },
  { name: 'a name of two lines', query: { name: 'a\nb' }, code: 1008, reason: 'A name has 1 to 24 characters' },
  { name: 'a room without a name', query: { room: '', name: 'Ada' }, code: 1008, reason: 'A name has 1 to 24 characters' },
]
for (const { name, query, code, reason } of strangers) {
  t.test(`is told to leave: ${name}`, async t => {
    const { closed } = await enter(t, await startChat(t), query)
    t.same(await closed, { code, reason })
  })
}

t.test('who writes faster than people do is told to leave, and the others are told', async t => {
  const url = await startChat(t)
  const ada = await enterWelcome(t, url, { name: 'Ada' })
  const bot = await enterWelcome(t, url, { name: 'Bot' })
  for (let i = 0; i < 30; i++) bot.say(`${i}`)
  t.same(await bot.closed, { code: 1008, reason: 'Slower, please' })
  t.match(await ada.next(), { type: 'came' })
  for (let i = 0; i < 20; i++) t.match(await ada.next(), { message: { text: `${i}` } })
  t.match(await ada.next(), { type: 'left', name: 'Bot' })
})

t.test('only text is for reading', async t => {
  const { socket, closed } = await enterWelcome(t, await startChat(t), { name: 'Ada' })
  socket.send(Buffer.from('bytes'))
  t.same(await closed, { code: 1003, reason: 'Only text' })
})

t.test('a room that is full asks to come again', async t => {
  const url = await startChat(t)
  for (let i = 0; i < limits.people; i++) await enterWelcome(t, url, { name: `${i}` })
  const { closed } = await enter(t, url, { name: 'Ada' })
  t.same(await closed, { code: 1013, reason: 'The room is full' })
  const elsewhere = await enterWelcome(t, url, { room: 'elsewhere', name: 'Ada' })
  t.equal(elsewhere.welcome.you, 'Ada')
})

t.test('who answers no ping is gone, who answers stays', async t => {
  const url = await startChat(t, { pingInterval: 50 })
  const ada = await enterWelcome(t, url, { name: 'Ada' })
  await enter(t, url, { name: 'Ghost' }, { autoPong: false })
  t.match(await ada.next(), { type: 'came', name: 'Ghost' })
  t.same(await ada.next(), { type: 'left', name: 'Ghost', people: ['Ada'] })
  await once(ada.socket, 'ping')
  t.equal(ada.socket.readyState, ada.socket.OPEN)
})

t.test('a chat that stops says so, also where nobody answers', async t => {
  const app = await start()
  const ada = await enterWelcome(t, app.url, { name: 'Ada' })
  const deaf = await enterWelcome(t, app.url, { name: 'Deaf' })
  deaf.socket.pause()
  await app.close()
  t.same(await ada.closed, { code: 1001, reason: 'The chat stops' })
  await t.rejects(fetch(app.url))
})

t.test('who is behind the gateway hears that the chat stops', async t => {
  const app = await start()
  const url = await startGateway(t, { apps: [{ name: 'chat', upstreams: app.url }] })
  const ada = await enterWelcome(t, `${url}/chat`, { name: 'Ada' })
  await app.close()
  t.same(await ada.closed, { code: 1001, reason: 'The chat stops' })
})

t.test('other addresses are not there, and the socket is no page', async t => {
  const url = await startChat(t)
  t.equal((await fetch(`${url}/socket`)).status, 404)
  await t.rejects(enter(t, `${url}/elsewhere`, { name: 'Ada' }), { message: 'Unexpected server response: 404' })
})

t.test('the history is the last 50', async t => {
  const rooms = new Rooms()
  const seat = enterRoom(rooms, 'lobby', 'Ada')
  for (let i = 0; i < 60; i++) seat.say(`${i}`)
  const { history } = enterRoom(rooms, 'lobby', 'Kurt').heard[0] as Extract<News, { type: 'welcome' }>
  t.same(history.map(({ text }) => text), Array.from({ length: 50 }, (_, i) => `${i + 10}`))
})

t.test('a name is given once in a room, and given away when it is free', async t => {
  const rooms = new Rooms()
  const first = enterRoom(rooms, 'lobby', 'Ada')
  t.match(enterRoom(rooms, 'lobby', 'Ada').heard, [{ you: 'Ada 2' }])
  first.leave()
  const third = enterRoom(rooms, 'lobby', 'Ada')
  t.match(third.heard, [{ you: 'Ada', people: ['Ada 2', 'Ada'] }])
  first.leave()
  third.say('still here')
  t.match(third.heard.at(-1), { message: { from: 'Ada' } }, 'leaving twice takes nobody else along')
})

t.test('an empty room makes way for a new one, the others do not', async t => {
  const rooms = new Rooms()
  const seats = Array.from({ length: limits.rooms }, (_, i) => enterRoom(rooms, `${i}`, 'Ada'))
  t.same(rooms.enter('one more', 'Ada', () => {}), { reason: 'There are too many rooms', isTemporary: true })
  seats[7]!.say('soon forgotten')
  seats[7]!.leave()
  enterRoom(rooms, 'one more', 'Ada')
  seats[8]!.leave()
  t.match(enterRoom(rooms, '7', 'Ada').heard, [{ history: [] }])
})

t.test('a rate limit', async t => {
  let time = 0
  const isWithinLimit = limitRate({ times: 2, within: 100 }, () => time)
  const steps: [at: number, expected: boolean][] = [
    [0, true],
    [50, true],
    [100, false],
    [151, true],
    [201, true],
    [202, false],
  ]
  for (const [at, expected] of steps) {
    time = at
    t.equal(isWithinLimit(), expected, `at ${at}`)
  }
})

/** Somebody who reads at once. */
function enterRoom (rooms: Rooms, room: string, name: string) {
  const heard: News[] = []
  const seat = rooms.enter(room, name, news => heard.push(JSON.parse(news)))
  if ('reason' in seat) throw new Error(seat.reason)
  return { ...seat, heard }
}
