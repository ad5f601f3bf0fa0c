import { join } from 'node:path'
import type { Manifest } from '../options/schema.ts'
import { isFile, isFolder, listNames } from './folders.ts'

/** Whether an app gets a route, and why. */
export interface ExportDecision {
  isExported: boolean
  reason: string
}

/**
 * Whether an app serves URLs: its manifest says so, or it has a `urls.*` file, or a `routes` folder or file.
 * @param dir - its folder
 */
export async function decideExport (dir: string, said: Manifest): Promise<ExportDecision> {
  if (said.export !== undefined) return { isExported: said.export, reason: `says "export": ${said.export}` }
  for (const name of await listNames(dir)) {
    if (await servesUrls(join(dir, name), name)) return { isExported: true, reason: `has ${name}` }
  }
  return { isExported: false, reason: 'has no urls file, no routes and no "export": true' }
}

/** One extension only: `urls.test.ts` and `urls.d.ts` serve nothing, and neither does an editor's `urls.py~`. */
async function servesUrls (path: string, name: string): Promise<boolean> {
  if (name === 'routes') return await isFolder(path) || await isFile(path)
  return /^(?:urls|routes)\.\w+$/.test(name) && await isFile(path)
}
