import { once } from 'node:events'
import http from 'node:http'
import { register } from 'node:module'
import { setTimeout as delay } from 'node:timers/promises'

// Prints which files of the gateway one warm GET enters, in order: a standalone server with one app and one upstream,
// over a real socket. Run with `node scripts/trace-request.mjs`; `--functions` names what is entered in each file.
//
// A hop is an entry of a function in another file than the last one; that a function returns into its caller's file is
// none.

const WARM_UP = 50
const TRACES = 5

register('./trace-hooks.mjs', import.meta.url)
let entries
globalThis.enterFunction = (file, name) => { entries?.push({ file, name }) }

const { default: Fastify } = await import('fastify')
const { default: app, options } = await import('../app.ts')

const upstream = http.createServer((request, response) => {
  response.writeHead(200, { 'content-type': 'text/plain', 'content-length': 2 }).end('ok')
})
await once(upstream.listen(0, '127.0.0.1'), 'listening')

const gateway = Fastify(options)
await gateway.register(app, { config: false, overrides: { installedApps: [], apps: [{ name: 'app', upstreams: `http://127.0.0.1:${upstream.address().port}` }] } })
await gateway.listen({ port: 0, host: '127.0.0.1' })

const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
for (let i = 0; i < WARM_UP; i++) await get()

// A timer that fires in between would look like a part of the request; the shortest of several has none.
const traces = []
for (let i = 0; i < TRACES; i++) traces.push(await trace())
print(traces.sort((a, b) => a.length - b.length)[0])

agent.destroy()
await gateway.close()
upstream.close()

async function trace () {
  await delay(50)
  entries = []
  await get()
  // What is done behind the response, such as its log line.
  await delay(50)
  const trace = entries
  entries = undefined
  return trace
}

async function get () {
  const request = http.get({ host: '127.0.0.1', port: gateway.server.address().port, path: '/app/x?y=1', agent })
  const [response] = await once(request, 'response')
  await response.resume().toArray()
  if (response.statusCode !== 200) throw new Error(`The gateway responds with ${response.statusCode}`)
}

function print (trace) {
  const visits = groupRuns(trace, ({ file }) => file)
  const seen = new Map()
  for (const { key: file, items } of visits) {
    const isNew = !seen.has(file)
    if (isNew) seen.set(file, seen.size + 1)
    const functions = process.argv.includes('--functions') ? `  ${items.map(({ name }) => name).join(', ')}` : ''
    console.log(`${isNew ? String(seen.get(file)).padStart(3) : '   '}  ${file}${functions}`)
  }
  const rooms = groupRuns(visits, ({ key }) => roomOf(key)).map(({ key }) => key)
  console.log(`\n${rooms.join(' > ')}\n`)
  console.log(`a GET touches ${seen.size} files of ${new Set(rooms).size} rooms, with ${visits.length - 1} hops between files and ${rooms.length - 1} between rooms, in ${trace.length} calls`)
}

/** Neighbours with the same key, together. */
function groupRuns (items, keyOf) {
  const runs = []
  for (const item of items) {
    const key = keyOf(item)
    if (runs.at(-1)?.key === key) runs.at(-1).items.push(item)
    else runs.push({ key, items: [item] })
  }
  return runs
}

/** `lib/pool`, `routes`; a file at the top is its own. */
function roomOf (file) {
  const folders = file.split('/').slice(0, -1)
  return folders.slice(0, folders[0] === 'lib' ? 2 : 1).join('/') || file
}
