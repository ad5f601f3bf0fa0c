import { renderPage } from '../page.ts'
import { limits } from './rooms.ts'

const style = `
  [hidden] { display: none }
  .bar { display: flex; flex-wrap: wrap; gap: .3rem 1rem; align-items: baseline; justify-content: space-between }
  .bar h2 { margin: 0; overflow-wrap: anywhere }
  .plain { margin-right: -.3rem; padding: .1rem .3rem; border: 0; background: none; color: var(--accent); text-decoration: underline }
  #state, #people { overflow-wrap: anywhere; font: inherit; font-size: .9rem }
  #log { display: flex; flex-direction: column; gap: .5rem; height: min(24rem, 55vh); margin: .8rem 0; padding: .8rem; overflow-y: auto;
    border: 1px solid var(--line); border-radius: .4rem; background: var(--paper); list-style: none }
  #log li { max-width: 85%; align-self: flex-start; overflow-wrap: anywhere }
  #log .who { color: var(--soft); font-size: .85rem }
  #log .said { margin: .1rem 0 0; padding: .35rem .7rem; border: 1px solid var(--line); border-radius: .6rem; background: var(--card); white-space: pre-wrap }
  #log .mine { align-self: flex-end; text-align: right }
  #log .mine .said { border-color: var(--accent); text-align: left }
  #log .event { align-self: center; color: var(--soft); font-size: .85rem; text-align: center }
  #compose { flex-wrap: nowrap }
  #compose label { flex: 1; min-width: 0 }
  #compose input { width: 100% }
  button:disabled { opacity: .5; cursor: default }`

// Addresses are relative to the page's own folder, also when the browser requested it without the slash at its end.
// What people write goes into textContent and nowhere else.
const script = `
const folder = new URL(location.pathname.replace(/\\/?$/, '/'), location)
const byId = id => document.getElementById(id)
const shortest = 1000
const longest = 30000
const mostEntries = 200

/** The room and the name; null outside. */
let entered = null
let socket = null
let you = ''
let pause = shortest
let timer

const wanted = new URLSearchParams(location.search)
byId('room').value = wanted.get('room') ?? 'lobby'
byId('name').value = wanted.get('name') ?? 'Guest ' + Math.floor(100 + Math.random() * 900)

byId('enter').addEventListener('submit', event => {
  event.preventDefault()
  entered = { name: byId('name').value, room: byId('room').value }
  history.replaceState(null, '', '?' + new URLSearchParams({ room: entered.room }))
  byId('log').replaceChildren()
  byId('place').textContent = entered.room
  byId('people').textContent = ''
  show('inside')
  pause = shortest
  connect()
})

byId('leave').addEventListener('click', () => leave(''))

byId('compose').addEventListener('submit', event => {
  event.preventDefault()
  const text = byId('text').value.trim()
  if (text !== '' && socket?.readyState === WebSocket.OPEN) {
    socket.send(text)
    byId('text').value = ''
  }
  byId('text').focus()
})

// The network is back: there is nothing to wait for.
addEventListener('online', () => { if (entered !== null && socket === null) connect() })

function connect () {
  clearTimeout(timer)
  const address = new URL('socket', folder)
  address.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:'
  address.search = new URLSearchParams(entered)
  say('connecting')
  const opened = socket = new WebSocket(address)
  opened.onmessage = ({ data }) => { if (opened === socket) hear(JSON.parse(data)) }
  opened.onclose = ({ code, reason }) => { if (opened === socket) lose(code, reason) }
}

/**
 * What was wrong stays wrong; anything else may be better in a while, and each time it is not, the pause is twice as
 * long.
 */
function lose (code, reason) {
  socket = null
  byId('send').disabled = true
  if (code === 1008) return leave(reason)
  wait(Math.round(pause / 1000), reason || 'the connection is lost')
  pause = Math.min(pause * 2, longest)
}

function wait (seconds, reason) {
  if (seconds === 0) return connect()
  say(reason + '; trying again in ' + seconds + ' s', true)
  timer = setTimeout(wait, 1000, seconds - 1, reason)
}

function leave (problem) {
  clearTimeout(timer)
  entered = null
  const left = socket
  socket = null
  left?.close(1000)
  byId('problem').textContent = problem
  show('outside')
}

function hear (news) {
  if (news.type === 'welcome') {
    you = news.you
    pause = shortest
    say('connected as ' + you)
    byId('send').disabled = false
    byId('log').replaceChildren(...news.history.map(render))
    byId('log').scrollTop = byId('log').scrollHeight
    byId('text').focus()
  } else append(news.type === 'message' ? render(news.message) : renderEvent(news))
  if (news.people) byId('people').textContent = 'Here: ' + news.people.join(', ')
}

function say (state, isBad) {
  byId('state').textContent = state
  byId('state').classList.toggle('bad', isBad === true)
}

/** A reader further up is not disturbed. */
function append (entry) {
  const log = byId('log')
  const isAtEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40
  log.append(entry)
  if (log.childElementCount > mostEntries) log.firstElementChild.remove()
  if (isAtEnd) log.scrollTop = log.scrollHeight
}

function render ({ from, text, at }) {
  const entry = element('li', from === you ? 'mine' : '')
  const time = element('time', '', new Date(at).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' }))
  time.dateTime = at
  const who = element('div', 'who')
  who.append(element('bdi', '', from), ' ', time)
  const said = element('p', 'said', text)
  said.dir = 'auto'
  entry.append(who, said)
  return entry
}

function renderEvent ({ type, name }) {
  const entry = element('li', 'event')
  entry.append(element('bdi', '', name), type === 'came' ? ' came in' : ' left')
  return entry
}

function element (tag, className, text = '') {
  return Object.assign(document.createElement(tag), { className, textContent: text })
}

function show (id) {
  for (const other of ['outside', 'inside']) byId(other).hidden = other !== id
}`

/** The page of the chat. */
export const chatPage = renderPage('Chat', `<h1>Chat</h1>
<p class="soft">Over WebSocket. Open it twice to have somebody to talk to.</p>
<section id="outside">
<form id="enter">
<label>Name <input id="name" maxlength="${limits.name}" autocomplete="nickname" required></label>
<label>Room <input id="room" maxlength="${limits.name}" autocomplete="off" required></label>
<button>Enter</button>
</form>
<p id="problem" class="bad" role="alert"></p>
</section>
<section id="inside" hidden>
<div class="bar"><h2>Room <bdi id="place"></bdi></h2><button id="leave" class="plain" type="button">Leave</button></div>
<p><output id="state" class="soft"></output></p>
<p id="people" class="soft"></p>
<ol id="log" aria-live="polite" tabindex="0" aria-label="Messages"></ol>
<form id="compose">
<label>Message <input id="text" maxlength="${limits.text}" autocomplete="off"></label>
<button id="send" disabled>Send</button>
</form>
</section>
<script>${script}
</script>`, style)
