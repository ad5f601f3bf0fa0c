import { renderPage } from '../page.ts'

// Addresses are relative to the page's own folder, also when the browser requested it without the slash at its end.
const script = `
const folder = new URL(location.pathname.replace(/\\/?$/, '/'), location)
const byId = id => document.getElementById(id)

const source = new EventSource(new URL('ticks', folder))
source.onopen = () => { byId('state').textContent = 'connected' }
source.onerror = () => { byId('state').textContent = 'connecting again' }
source.addEventListener('tick', ({ data, lastEventId }) => {
  byId('time').textContent = JSON.parse(data).time
  byId('id').textContent = lastEventId
})

byId('ask').addEventListener('submit', async event => {
  event.preventDefault()
  const output = byId('answer')
  const button = byId('send')
  button.disabled = true
  output.textContent = ''
  try {
    const body = JSON.stringify({ question: byId('question').value })
    const response = await fetch(new URL('answer', folder), { method: 'POST', headers: { 'content-type': 'application/json' }, body })
    if (!response.ok) throw new Error(await response.text())
    for await (const data of readEvents(response)) {
      if (data === '[DONE]') break
      output.textContent += JSON.parse(data).token
    }
  } catch (error) {
    output.textContent += ' (' + error.message + ')'
  }
  button.disabled = false
})

async function * readEvents (response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
  let rest = ''
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    const events = (rest + value).split('\\n\\n')
    rest = events.pop()
    for (const event of events) yield event.slice('data: '.length)
  }
}`

/** The page that shows both streams. */
export const streamPage = renderPage('Streams', `<h1>Streams</h1>
<p class="soft">Two event streams of one app, each chunk shown when it arrives.</p>
<section>
<h2>Ticks</h2>
<dl>
<dt>Stream</dt><dd><output id="state">connecting</output></dd>
<dt>Time</dt><dd><output id="time">–</output></dd>
<dt>Event id</dt><dd><output id="id">–</output></dd>
</dl>
</section>
<section>
<h2>An answer, token by token</h2>
<form id="ask">
<label>Question <input id="question" value="Does it stream?" maxlength="200" autocomplete="off"></label>
<button id="send">Ask</button>
</form>
<pre id="answer" aria-live="polite"></pre>
</section>
<script>${script}
</script>`)
