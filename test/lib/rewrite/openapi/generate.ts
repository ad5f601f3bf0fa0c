import type { Json } from './operations.ts'

/** Numbers from 0 up to 1, the same ones for each seed (mulberry32). */
export function createRandom (seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

export interface Generator {
  random: () => number
  /** The upstream's base path; servers of the app are below it. */
  basePath: string
}

const PATHS = ['/', '/x', '/x/{id}', '/y~z', '/a%20b', '/users', '/deep/er/', '/it\'s', '/a:b', '/#hash', '/,comma', '/é', '/__proto__', '/x y', '/{a}-{b}', '/"q"']
const BASES = ['', '/api', '/api/v1']
const FOREIGN = ['https://api.example.com', 'https://api.example.com/api', '//cdn.example.com/x', 'http://127.0.0.1:9999/api']

const pick = <T>({ random }: Generator, list: readonly T[]): T => list[Math.floor(random() * list.length)]!
const chance = ({ random }: Generator, probability: number): boolean => random() < probability

/** An OpenAPI 3 document whose every operation has an `operationId` of its own. */
export function generateOpenApi (generator: Generator): Json {
  const document: Json = { openapi: pick(generator, ['3.0.3', '3.1.0', '3.2.0']), info: { title: 'x', version: '1' } }
  if (chance(generator, 0.2)) return generateKnowing(generator, document)
  const bases = chance(generator, 0.6) ? [pick(generator, BASES)] : BASES
  addServers(document, generator, bases, 0.7)
  document.paths = generatePaths(generator, (item, isOperation) =>
    addServers(item, generator, bases, isOperation ? 0.1 : 0.15)
  )
  addReferences(document, generator)
  document['x-data'] = { servers: [{ url: '/stays' }], paths: { '/stays': {} } }
  return document
}

/** An app that says the upstream's base in each path, as FastAPI's full-stack template does. */
function generateKnowing (generator: Generator, document: Json): Json {
  const paths = Object.entries(generatePaths(generator, () => {})).map(([path, item]) => [
    generator.basePath + path,
    item,
  ])
  document.paths = Object.fromEntries(paths)
  if (chance(generator, 0.5)) document.servers = [{ url: pick(generator, ['/', 'http://localhost:9001', 'https://gw.example:8000/']) }]
  addReferences(document, generator)
  return document
}

/** A Swagger document of the same kind. */
export function generateSwagger (generator: Generator): Json {
  const document: Json = { swagger: '2.0', info: { title: 'x', version: '1' } }
  const base = pick(generator, [undefined, '/', '/api', 'api', '/api/v1/'])
  const basePath = generator.basePath
  if (base !== undefined || basePath !== '') document.basePath = basePath === '' ? base : `${basePath}/${(base ?? '').replace(/^\//, '')}`
  if (chance(generator, 0.5)) document.host = '127.0.0.1:9001'
  document.paths = generatePaths(generator, () => {})
  if (chance(generator, 0.5)) document.schemes = ['http']
  return document
}

function generatePaths (generator: Generator, decorate: (part: Json, isOperation: boolean) => void): Json {
  const paths = PATHS.filter(() => chance(generator, 0.4))
  return Object.fromEntries(paths.map((path, index) => {
    const item: Json = {}
    decorate(item, false)
    for (const method of ['get', 'post', 'query'].filter(() => chance(generator, 0.6))) {
      item[method] = { operationId: `${method}${index}`, responses: { 200: { description: 'ok', url: '/stays' } } }
      decorate(item[method], true)
    }
    return [path, item]
  }))
}

function addServers (part: Json, generator: Generator, bases: readonly string[], probability: number): void {
  if (!chance(generator, probability)) return
  part.servers = Array.from({ length: Math.floor(generator.random() * 3.3) }, () => ({
    ...chance(generator, 0.3) ? { url: pick(generator, FOREIGN) } : ownServer(generator, pick(generator, bases)),
    ...chance(generator, 0.4) ? { description: 'multi\nline: text # here' } : {},
  }))
}

function ownServer (generator: Generator, base: string): Json {
  const path = generator.basePath + base
  return pick<() => Json>(generator, [
    () => ({ url: path === '' ? '/' : path }),
    () => ({ url: `${path}/` }),
    () => ({ url: `http://127.0.0.1:9001${path}` }),
    () => ({ url: `http://localhost:9001${path}/` }),
    () => ({ url: `https://gw.example:8000${path}` }),
    () => ({ url: `.${base}` }),
    () => ({ url: `{scheme}://{host}:9001${path}`, variables: { scheme: { default: 'http' }, host: { default: 'localhost' } } }),
    () => base === '' ? { url: `${path}/` } : { url: `${generator.basePath}/{base}`, variables: { base: { default: base.slice(1) } } },
  ])()
}

/** Pointers to every path, for the links of an operation that is no path's. */
function addReferences (document: Json, generator: Generator): void {
  const encode = chance(generator, 0.5) ? (path: string) => encodeURI(path) : (path: string) => path.replaceAll('%', '%25')
  const tokens = Object.keys(document.paths).map(path => encode(path.replaceAll('~', '~0').replaceAll('/', '~1')))
  document.components = { links: Object.fromEntries(tokens.map((token, index) => [`l${index}`, { operationRef: `#/paths/${token}` }])) }
}
