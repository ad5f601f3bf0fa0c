import http from 'node:http'
import { once } from 'node:events'
import { announce } from '../announce.mjs'

// Upstreams that serve a bounded number of requests at once, as processes with workers do: `worker-pools.mjs WORKERS
// MS...`, one server for each service time. A request that finds no idle worker waits in a queue. The header
// `X-Upstream` has the number of the server, counted from 0.

const [workers, ...serviceTimes] = process.argv.slice(2).map(Number)
announce(await Promise.all(serviceTimes.map(startUpstream)))

async function startUpstream (serviceTime, index) {
  const waiting = []
  let idle = workers

  function serve (response) {
    idle--
    setTimeout(finish, serviceTime, response)
  }

  function finish (response) {
    idle++
    response.writeHead(200, { 'X-Upstream': String(index), 'Content-Length': '0' }).end()
    if (waiting.length > 0) serve(waiting.shift())
  }

  const server = http.createServer((request, response) => idle > 0 ? serve(response) : waiting.push(response))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return server
}
