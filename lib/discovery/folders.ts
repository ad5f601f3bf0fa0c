import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { isFolder, splitInside } from '../options/files.ts'

/** Folders that never hold an app; hidden ones are skipped too. */
const NO_APPS = new Set(['__pycache__', 'node_modules'])

/** The names in a folder, sorted, so that two runs give the same result; empty when it cannot be read. */
export async function listNames (dir: string): Promise<string[]> {
  return await readdir(dir).then(names => names.sort(), () => [])
}

/** The names of the folders in a folder that may hold an app, sorted. */
export async function listAppFolders (dir: string): Promise<string[]> {
  const folders: string[] = []
  for (const name of await listNames(dir)) {
    if (name.startsWith('.') || NO_APPS.has(name)) continue
    if (await isFolder(join(dir, name))) folders.push(name)
  }
  return folders
}

/** A folder as a Python import from the project's folder names it: `apps.users`; `null` when it is not inside. */
export function toDottedPath (baseDir: string, dir: string): string | null {
  return splitInside(baseDir, dir)?.join('.') ?? null
}
