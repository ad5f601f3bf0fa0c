import http from 'node:http'
import { announce } from '../announce.mjs'

// Endless event streams: `event-streams.mjs EVENTS_PER_SECOND`, so many on each, from when it is opened. An event's id
// counts from 0 on each stream; its data is when it was written, in microseconds of the clock that all processes of a
// machine share.

const interval = 1000 / Number(process.argv[2])

const server = http.createServer((request, response) => {
  let count = 0
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache' })
  const writeEvent = () => response.write(`id: ${count++}\ndata: ${process.hrtime.bigint() / 1000n}\n\n`)
  const timer = setInterval(writeEvent, interval)
  response.on('close', () => clearInterval(timer))
  writeEvent()
})
server.listen(0, '127.0.0.1', () => announce([server]))
