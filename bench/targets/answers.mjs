import http from 'node:http'
import { once } from 'node:events'
import { announce } from '../announce.mjs'

// What every contender forwards to: `answers.mjs [SERVERS]`, all alike, 1 by default. The last part of a path says what
// to answer, so that it does not matter whether a prefix was stripped: `small` is 40 bytes of JSON, a number so many
// bytes. A POST is read and answered with how much of it came.

const small = describeAnswer('application/json', Buffer.from('{"id":123456,"name":"lovelace","at":"x"}'))

/** Answers as long as this are downloads; shorter ones are an API's. */
const DOWNLOAD = 1e6

/** By how many bytes it has. */
const answers = new Map()

const [servers = 1] = process.argv.slice(2).map(Number)
announce(await Promise.all(Array.from({ length: servers }, startServer)))

async function startServer () {
  // Connections are kept for as long as the contenders like: a race about that is not what is measured.
  const server = http.createServer({ keepAliveTimeout: 0 }, answer)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return server
}

function answer (request, response) {
  if (request.method === 'POST') receive(request, response)
  else send(response, find(request.url))
}

function send (response, { headers, body }) {
  response.writeHead(200, headers).end(body)
}

function receive (request, response) {
  let received = 0
  request.on('data', chunk => { received += chunk.length })
  request.on('end', () => send(response, describeAnswer('application/json', Buffer.from(`{"received":${received}}`))))
}

function find (path) {
  const name = path.slice(path.lastIndexOf('/') + 1)
  if (name === 'small') return small
  const size = Number(name)
  if (!answers.has(size)) answers.set(size, fill(size))
  return answers.get(size)
}

function fill (size) {
  const body = Buffer.from(`"${'x'.repeat(size - 2)}"`)
  return describeAnswer(size < DOWNLOAD ? 'application/json' : 'application/octet-stream', body)
}

function describeAnswer (type, body) {
  return { headers: ['Content-Type', type, 'Content-Length', String(body.length)], body }
}
