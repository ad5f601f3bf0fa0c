import http from 'node:http'
import { percentile } from '../statistics.mjs'

// An open loop: `open-loop.mjs URL RATE SECONDS`. Requests are sent at a fixed rate, however long the responses take,
// on a connection of their own where none is idle; then it waits for every response. A latency, in milliseconds, counts
// from when its request was due, not from when it was sent: else requests that are delayed would look fast (coordinated
// omission). Prints `{ requests, failures, lateness, responses: [{ upstream, latency }] }`, `lateness` being the p99
// from due to sent.

/**
 * At most so long, before `SECONDS`, at the same rate, and not counted: a cold process and its first connections are
 * slow.
 */
const LEAD_IN_SECONDS = 1

const [url, rate, seconds] = process.argv.slice(2)
const agent = new http.Agent({ keepAlive: true })
const interval = 1000 / Number(rate)
const leadIn = Math.ceil(Number(rate) * Math.min(LEAD_IN_SECONDS, Number(seconds)))
const total = leadIn + Math.ceil(Number(rate) * Number(seconds))
const exchanges = []

const startedAt = performance.now()
sendDue()

function sendDue () {
  for (let due = nextDue(); due <= performance.now() && exchanges.length < total; due = nextDue()) {
    exchanges.push(exchange(due))
  }
  if (exchanges.length === total) finish()
  else setTimeout(sendDue, nextDue() - performance.now())
}

function nextDue () {
  return startedAt + exchanges.length * interval
}

/** Resolves to its outcome; `upstream` is undefined when it failed. */
async function exchange (due) {
  const lateness = performance.now() - due
  const upstream = await send().catch(() => undefined)
  return { upstream, lateness, latency: performance.now() - due }
}

/** Resolves to the upstream of the response, at the end of that. */
function send () {
  return new Promise((resolve, reject) => {
    http.get(url, { agent }, response => {
      const { statusCode, headers: { 'x-upstream': upstream } } = response
      response.on('error', reject).on('end', () => resolve(statusCode === 200 ? upstream : undefined)).resume()
    }).on('error', reject)
  })
}

async function finish () {
  const counted = (await Promise.all(exchanges)).slice(leadIn)
  const responses = counted.filter(({ upstream }) => upstream !== undefined)
  agent.destroy()
  console.log(JSON.stringify({
    requests: counted.length,
    failures: counted.length - responses.length,
    lateness: percentile(counted.map(({ lateness }) => lateness), 0.99),
    responses: responses.map(({ upstream, latency }) => ({ upstream, latency })),
  }))
}
