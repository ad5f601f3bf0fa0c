import http from 'node:http'
import { once } from 'node:events'
import { announce } from '../announce.mjs'

// What every contender forwards to: `responses.mjs [SERVERS]`, all alike, 1 by default. The last part of a path chooses
// the response, so that it does not matter whether a prefix was stripped: `small` is 40 bytes of JSON, a number so many
// bytes. A POST is read, and its response has the number of bytes.

const small = createResponse('application/json', Buffer.from('{"id":123456,"name":"lovelace","at":"x"}'))

/** Responses as long as this are downloads; shorter ones are an API's. */
const DOWNLOAD = 1e6

/** By the number of their bytes. */
const responses = new Map()

const [servers = 1] = process.argv.slice(2).map(Number)
announce(await Promise.all(Array.from({ length: servers }, startServer)))

async function startServer () {
  // Connections are kept for as long as the contenders keep them: a race about that is not what is measured.
  const server = http.createServer({ keepAliveTimeout: 0 }, respond)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return server
}

function respond (request, response) {
  if (request.method === 'POST') receive(request, response)
  else send(response, find(request.url))
}

function send (response, { headers, body }) {
  response.writeHead(200, headers).end(body)
}

function receive (request, response) {
  let received = 0
  request.on('data', chunk => { received += chunk.length })
  request.on('end', () => send(response, createResponse('application/json', Buffer.from(`{"received":${received}}`))))
}

function find (path) {
  const name = path.slice(path.lastIndexOf('/') + 1)
  if (name === 'small') return small
  const size = Number(name)
  if (!responses.has(size)) responses.set(size, fill(size))
  return responses.get(size)
}

function fill (size) {
  const body = Buffer.from(`"${'x'.repeat(size - 2)}"`)
  return createResponse(size < DOWNLOAD ? 'application/json' : 'application/octet-stream', body)
}

function createResponse (type, body) {
  return { headers: ['Content-Type', type, 'Content-Length', String(body.length)], body }
}
