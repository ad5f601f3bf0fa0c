import type { Test } from 'tap'
import { addressesOf, type Json } from '../lib/rewrite/openapi/operations.ts'

/** Substituted for the parameters of a path. */
const SEGMENT = '7'

/** Every operation of the JSON document at an address: `callOperations`. */
export async function callServedOperations (t: Test, address: string): Promise<string[]> {
  const response = await fetch(address)
  t.equal(response.status, 200, `${address} is there`)
  return callOperations(t, await response.json(), address)
}

/**
 * Sends every operation of a served document to every address that the document gives it, and checks that this very
 * operation of the app responds: the apps of these tests name it in `X-Operation`. Whether they accept the request is
 * not the point.
 * @param document - parsed
 * @param address - of the document at the gateway; everything in it has to be on the same origin
 * @returns the operations, for the test to see that there were some
 */
export async function callOperations (t: Test, document: Json, address: string): Promise<string[]> {
  const methods = methodsOf(document)
  const addresses = [...addressesOf(document, address)]
  for (const [id, urls] of addresses) {
    for (const url of urls) await callOperation(t, address, id, methods.get(id)!, url.replace(/\{\w+\}/g, SEGMENT))
  }
  return addresses.map(([id]) => id)
}

async function callOperation (t: Test, document: string, id: string, method: string, url: string): Promise<void> {
  t.equal(new URL(url).origin, new URL(document).origin, `${id} is on the gateway`)
  const hasBody = ['POST', 'PUT', 'PATCH'].includes(method)
  const response = await fetch(url, { method, redirect: 'manual', ...hasBody && { body: '{}', headers: { 'content-type': 'application/json' } } })
  await response.arrayBuffer()
  t.equal(response.headers.get('x-operation'), id, `${method} ${url} is ${id}`)
}

function methodsOf (document: Json): Map<string, string> {
  const found = new Map<string, string>()
  for (const item of Object.values<Json>(document.paths)) {
    for (const [method, operation] of Object.entries<Json>(item)) found.set(operation.operationId, method.toUpperCase())
  }
  return found
}
