import { once } from 'node:events'
import http from 'node:http'
import { register } from 'node:module'
import { setTimeout as delay } from 'node:timers/promises'

// Prints which files of the gateway one warm GET enters, in order: a standalone server with one app and one upstream,
// over a real socket. Run with `node scripts/trace-request.mjs`; `--functions` names what is entered in each file.
//
// A plain helper is a file that other files of the project call, and that itself calls none but plain helpers: a
// predicate, a parser, a collection. Nothing outside of the project (node, Fastify, reply-from) calls it during the
// request. Only the functions that the request enters count; the caller is the next file on the stack at the entry. All
// others are the way.
//
// A hop is an entry of a function in another file than the last one; that a function returns into its caller's file is
// none. The way out ends when the upstream has the request.

const WARM_UP = 50
const TRACES = 5

register('./trace-hooks.mjs', import.meta.url)
let entries
globalThis.enterFunction = (file, name) => { entries?.push({ file, name, caller: readCaller(), isOut }) }

const ROOT = new URL('../', import.meta.url).href
Error.stackTraceLimit = 20

const { default: Fastify } = await import('fastify')
const { default: app, options } = await import('../app.ts')

let isOut = true
const upstream = http.createServer((request, response) => {
  isOut = false
  response.writeHead(200, { 'content-type': 'text/plain', 'content-length': 2 }).end('ok')
})
await once(upstream.listen(0, '127.0.0.1'), 'listening')

const gateway = Fastify(options)
const apps = [{ name: 'app', upstreams: `http://127.0.0.1:${upstream.address().port}` }]
await gateway.register(app, { config: false, overrides: { installedApps: [], apps } })
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
  isOut = true
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
  const helpers = findHelpers(trace)
  const way = trace.filter(({ file }) => !helpers.has(file))
  const files = printVisits(groupRuns(way, ({ file }) => file))
  console.log('\nplain helpers:')
  const helperFiles = printVisits(groupAll(trace.filter(({ file }) => helpers.has(file)), ({ file }) => file))

  console.log()
  printRooms('out', way.filter(({ isOut }) => isOut))
  printRooms('back', way.filter(({ isOut }) => !isOut))
  const hops = groupRuns(trace, ({ file }) => file).length - 1
  const wayHops = groupRuns(way, ({ file }) => file).length - 1
  console.log(`
a GET touches ${files + helperFiles} files with ${hops} hops, in ${trace.length} calls:
  ${files} files on the way, with ${wayHops} hops between them
  ${helperFiles} plain helpers`)
}

/** The files that are called by others, and call none but their like. */
function findHelpers (trace) {
  const callees = new Map()
  const entered = new Set()
  for (const { file, caller } of trace) {
    if (!callees.has(file)) callees.set(file, new Set())
    if (caller === undefined) entered.add(file)
    else if (caller !== file) callees.set(caller, (callees.get(caller) ?? new Set()).add(file))
  }
  const helpers = new Set()
  let size
  do {
    size = helpers.size
    for (const [file, called] of callees) {
      if (!entered.has(file) && [...called].every(callee => helpers.has(callee))) helpers.add(file)
    }
  } while (helpers.size > size)
  return helpers
}

/** The file of the project that has called the function that is being entered; undefined: something else has. */
function readCaller () {
  const { prepareStackTrace } = Error
  Error.prepareStackTrace = (_, frames) => frames
  const frames = new Error().stack
  Error.prepareStackTrace = prepareStackTrace
  // The first three are this function, `enterFunction`, and what is entered; `Array.prototype.some` and its like have
  // no file.
  const url = frames.slice(3).map(frame => frame.getFileName()).find(file => typeof file === 'string')
  if (url === undefined || !url.startsWith(ROOT) || url.includes('/node_modules/')) return undefined
  return url.slice(ROOT.length)
}

/** @returns how many files there are */
function printVisits (visits) {
  const seen = new Map()
  for (const { key: file, items } of visits) {
    const isNew = !seen.has(file)
    if (isNew) seen.set(file, seen.size + 1)
    const functions = process.argv.includes('--functions') ? `  ${items.map(({ name }) => name).join(', ')}` : ''
    console.log(`${isNew ? String(seen.get(file)).padStart(3) : '   '}  ${file}${functions}`)
  }
  return seen.size
}

function printRooms (title, calls) {
  const rooms = groupRuns(calls, ({ file }) => roomOf(file)).map(({ key }) => key)
  const counts = groupAll(rooms, room => room).map(({ key, items }) => `${key} ${items.length}`)
  console.log(`entries on the way ${title}: ${counts.join(', ')}`)
  console.log(`  ${rooms.join(' > ')}`)
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

/** All with the same key, together. */
function groupAll (items, keyOf) {
  return [...new Set(items.map(keyOf))].map(key => ({ key, items: items.filter(item => keyOf(item) === key) }))
}

/** `lib/pool`, `routes`; a file at the top is its own. */
function roomOf (file) {
  const folders = file.split('/').slice(0, -1)
  return folders.slice(0, folders[0] === 'lib' ? 2 : 1).join('/') || file
}
