import http from 'node:http'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { announce } from '../announce.mjs'
import { percentile } from '../statistics.mjs'

// Reads event streams: `event-streams.mjs URL STREAMS`. It announces itself when an event has come on each of them, and
// measures at a command: the result of `{ seconds }` is `{ events, lost, seconds, p99 }`, the p99 in
// milliseconds from the target's write to here. Streams go on before and after.

/** Milliseconds that the last event of a stream may take before it counts as lost. */
const EVENT_TIMEOUT = 5000

const [url, count] = process.argv.slice(2)
const agent = new http.Agent({ maxSockets: Infinity })
const streams = []
let latencies = []
let gaps = 0

for (let index = 0; index < Number(count); index++) {
  streams.push(openStream())
  // One after another, or the target would write all of them at the same moment for ever.
  await delay(1)
}
await Promise.all(streams.map(({ opened }) => opened))
announce([], {}, measure)

function openStream () {
  const request = http.get(url, { agent })
  const stream = { next: 0, opened: undefined }
  stream.opened = read(request, stream)
  return stream
}

/** Resolves with the first event. */
async function read (request, stream) {
  const [response] = await once(request, 'response')
  if (response.statusCode !== 200) throw new Error(`status ${response.statusCode} instead of an event stream`)
  response.on('close', () => { throw new Error('an event stream was broken off') })
  let text = ''
  response.setEncoding('latin1').on('data', chunk => {
    const events = (text + chunk).split('\n\n')
    text = events.pop()
    for (const event of events) take(stream, event)
  })
  await once(response, 'data')
}

function take (stream, event) {
  const [, id, writtenAt] = /^id: (\d+)\ndata: (\d+)$/.exec(event).map(Number)
  gaps += id - stream.next
  stream.next = id + 1
  latencies.push((readClock() - writtenAt) / 1000)
}

/** In microseconds, on the target's clock. */
function readClock () {
  return Number(process.hrtime.bigint() / 1000n)
}

async function measure ({ seconds }) {
  const startedAt = performance.now()
  latencies = []
  gaps = 0
  await delay(seconds * 1000)
  // Events that arrive meanwhile count too: the contender's CPU time is read when this has its result.
  const silent = await countSilent()
  return {
    events: latencies.length,
    lost: gaps + silent,
    seconds: (performance.now() - startedAt) / 1000,
    p99: percentile(latencies, 0.99),
  }
}

/** Streams without any more events: at least the next event of each is lost, and no gap would show it. */
async function countSilent () {
  const seen = streams.map(({ next }) => next)
  const silent = () => streams.filter(({ next }, index) => next === seen[index]).length
  const deadline = performance.now() + EVENT_TIMEOUT
  while (silent() > 0 && performance.now() < deadline) await delay(10)
  return silent()
}
