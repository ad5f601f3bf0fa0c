import { join } from 'node:path'
import { isFile, isFolder } from '../options/files.ts'
import type { Manifest } from '../options/schema.ts'
import { listNames } from './folders.ts'

/** Whether an app gets a route, and why. */
export interface ExportDecision {
  isExported: boolean
  reason: string
}

/**
 * An app gets a route when its manifest sets `export`, or when it has a `urls.*` file, or a `routes` folder or file.
 * @param dir - its folder
 */
export async function decideExport (dir: string, manifest: Manifest): Promise<ExportDecision> {
  const { export: isExported } = manifest
  if (isExported !== undefined) return { isExported, reason: `says "export": ${isExported}` }
  for (const name of await listNames(dir)) {
    if (await definesRoutes(join(dir, name), name)) return { isExported: true, reason: `has ${name}` }
  }
  return { isExported: false, reason: 'has no urls file, no routes and no "export": true' }
}

/** With one extension only: `urls.test.ts` and `urls.d.ts` do not count, and neither does an editor's `urls.py~`. */
async function definesRoutes (path: string, name: string): Promise<boolean> {
  if (name === 'routes') return await isFolder(path) || await isFile(path)
  return /^(?:urls|routes)\.\w+$/.test(name) && await isFile(path)
}
