import { readdir, stat } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'

/** Folders that hold no app wherever they stand; hidden ones are left out too. */
const NO_APPS = new Set(['__pycache__', 'node_modules'])

/** Whether there is a folder at a path, or a link to one. */
export async function isFolder (path: string): Promise<boolean> {
  return await stat(path).then(stats => stats.isDirectory(), () => false)
}

/** Whether there is a file at a path, or a link to one. */
export async function isFile (path: string): Promise<boolean> {
  return await stat(path).then(stats => stats.isFile(), () => false)
}

/** The names in a folder, sorted, so that two runs say the same; none when it cannot be read. */
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

/** A path as messages show it: from the project's folder when it is inside, with slashes; otherwise as it is. */
export function showPath (baseDir: string, path: string): string {
  const inside = pathInside(baseDir, path)
  return inside === undefined ? path : inside.join('/')
}

/** A folder as a Python import from the project's folder would name it: `apps.users`; `null` when it is not inside. */
export function toDottedPath (baseDir: string, dir: string): string | null {
  return pathInside(baseDir, dir)?.join('.') ?? null
}

/** The parts of a path below a folder; `undefined` when it is not below. */
function pathInside (baseDir: string, path: string): string[] | undefined {
  const parts = relative(baseDir, path).split(sep)
  // On Windows a path on another drive has no relative form and stays absolute: its first part is the drive.
  return parts[0] === '' || parts[0] === '..' || parts[0]!.endsWith(':') ? undefined : parts
}
