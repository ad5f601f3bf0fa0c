import t from 'tap'
import { parse, stringify } from 'yaml'
import type { DocumentFormat } from '../../../../lib/rewrite/openapi/candidate.ts'
import { rewriteDocument } from '../../../../lib/rewrite/openapi/document.ts'
import { createRandom, generateOpenApi, generateSwagger } from './generate.ts'
import { addressesOf, type Json } from './operations.ts'
import { createDocumentContext } from './context.ts'

const RUNS = 250
const GATEWAY = 'http://gw.example:8000'
const OWN = ['http://127.0.0.1:9001', 'http://localhost:9001', 'https://gw.example:8000', GATEWAY]

interface Notation {
  name: string
  format: DocumentFormat
  write: (document: Json) => string
}

const NOTATIONS: Notation[] = [
  { name: 'JSON in one line', format: 'json', write: document => JSON.stringify(document) },
  { name: 'JSON in lines', format: 'json', write: document => JSON.stringify(document, null, 2) },
  { name: 'YAML', format: 'yaml', write: document => stringify(document) },
  { name: 'YAML with lists at the parent\'s column', format: 'yaml', write: document => stringify(document, { indentSeq: false, singleQuote: true }) },
  { name: 'YAML in flow style', format: 'yaml', write: document => stringify(document, { collectionStyle: 'flow' }) },
  { name: 'YAML with Windows line ends', format: 'yaml', write: document => stringify(document).replaceAll('\n', '\r\n') },
]

for (const { name, format, write } of NOTATIONS) {
  t.test(`every operation is where the gateway serves it: ${name}`, async t => {
    for (let seed = 0; seed < RUNS; seed++) {
      const fault = findFault(seed, format, write)
      if (fault !== undefined) return t.fail(`seed ${seed}: ${fault}`)
    }
    t.pass(`${RUNS} documents`)
  })
}

/** What is wrong with the rewriting of one generated document. */
function findFault (seed: number, format: DocumentFormat, write: Notation['write']): string | undefined {
  const random = createRandom(seed)
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!
  const [prefix, basePath, mode] = [pick(['/users', '', '/a/b~c']), pick(['', '/v2']), pick(['paths', 'servers'] as const)]
  const documentPath = pick(['/openapi.json', '/docs/openapi.json'])
  const before = (random() < 0.75 ? generateOpenApi : generateSwagger)({ random, basePath })
  const context = createDocumentContext({ prefix, basePath, documentPath })
  const text = write(before)
  const after = read(rewriteDocument(text, format, { mode, ...context }) ?? text, format)
  return (
    compareAddresses(before, after, context.urlContext.prefix, basePath, documentPath) ?? compareRest(before, after)
  )
}

function read (text: string, format: DocumentFormat): Json {
  return format === 'json' ? JSON.parse(text) : parse(text)
}

function compareAddresses (
  before: Json,
  after: Json,
  prefix: string,
  basePath: string,
  documentPath: string
): string | undefined {
  const expected = addressesOf(before, `http://127.0.0.1:9001${basePath}${documentPath}`)
  const actual = addressesOf(after, `${GATEWAY}${prefix}${documentPath}`)
  for (const [id, urls] of expected) {
    const wanted = [...urls].flatMap(url => toPublic(url, prefix, basePath))
    const isForeign = wanted.length === 0
    const got = [...(actual.get(id) ?? [])].filter(url => isForeign || url.startsWith(GATEWAY))
    const isRight = isForeign ? isSame(got, [...urls]) || hasOwnFallback(before, got, id, prefix) : isSame(got, wanted)
    if (!isRight) {
      return `${id} is at ${got}, not ${isForeign ? [...urls] : wanted}\n${JSON.stringify(before)}\n${JSON.stringify(after)}`
    }
  }
  return expected.size === actual.size ? undefined : 'operations got lost'
}

/** An own address without origin and base path, behind the gateway's; nothing for a foreign one. */
function toPublic (url: string, prefix: string, basePath: string): string[] {
  const origin = OWN.find(own => url.startsWith(`${own}/`))
  if (origin === undefined) return []
  const path = url.slice(origin.length)
  return [GATEWAY + prefix + (`${path}/`.startsWith(`${basePath}/`) ? path.slice(basePath.length) : path)]
}

/**
 * A document that names foreign servers only is the app's all the same: then its operations are at the root of the app,
 * too.
 */
function hasOwnFallback (before: Json, got: readonly string[], id: string, prefix: string): boolean {
  const [path, item] = Object.entries<Json>(before.paths).find(([, item]) =>
    Object.values<Json>(item).some(({ operationId }) => operationId === id)
  )!
  const operation = Object.values<Json>(item).find(({ operationId }) => operationId === id)
  const inherits = [operation.servers, item.servers].every(servers => (servers?.length ?? 0) === 0)
  return inherits && got.includes(GATEWAY + prefix + path)
}

function isSame (a: readonly string[], b: readonly string[]): boolean {
  return a.every(each => b.includes(each)) && b.every(each => a.includes(each))
}

/** What is data stays, pointers find their paths, and Swagger names no host. */
function compareRest (before: Json, after: Json): string | undefined {
  if (JSON.stringify(after['x-data']) !== JSON.stringify(before['x-data'])) return 'data changed'
  if (after.host !== undefined || after.schemes !== undefined) return 'it names a host'
  if (JSON.stringify(before).split('/stays').length !== JSON.stringify(after).split('/stays').length) return 'an example changed'
  for (const { operationRef } of Object.values<Json>(after.components?.links ?? {})) {
    const path = decodeURIComponent(operationRef.slice('#/paths/'.length)).replaceAll('~1', '/').replaceAll('~0', '~')
    if (!Object.hasOwn(after.paths, path)) return `${operationRef} finds nothing in ${Object.keys(after.paths)}`
  }
}
