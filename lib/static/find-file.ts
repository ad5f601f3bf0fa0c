import { stat } from 'node:fs/promises'
import { join } from 'node:path'

/** A path of a site that can be served. */
export type FoundFile =
  /** `path` of the file; for a folder that of its `index.html`. */
  | { kind: 'file', path: string }
  /** A folder with an `index.html`, requested without its slash: the page's relative links would resolve elsewhere. */
  | { kind: 'folder' }

const INDEX = '/index.html'

/**
 * @param root - of the site, absolute
 * @param path - from `resolveSitePath`
 * @returns `undefined` when there is nothing to serve, or only a pipe or a socket
 * @throws the system's error, unless it means that there is no such file, or no access to it
 */
export async function findFile (root: string, path: string): Promise<FoundFile | undefined> {
  const absolute = join(root, path)
  if (path.endsWith('/')) {
    return await hasIndex(absolute) ? { kind: 'file', path: path.slice(0, -1) + INDEX } : undefined
  }
  const type = await readType(absolute)
  if (type === 'file') return { kind: 'file', path }
  return type === 'folder' && await hasIndex(absolute) ? { kind: 'folder' } : undefined
}

async function hasIndex (folder: string): Promise<boolean> {
  return await readType(join(folder, INDEX)) === 'file'
}

const MISSING = new Set(['ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'EACCES', 'ELOOP'])

async function readType (path: string): Promise<'file' | 'folder' | undefined> {
  try {
    const stats = await stat(path)
    if (stats.isDirectory()) return 'folder'
    return stats.isFile() ? 'file' : undefined
  } catch (error) {
    if (MISSING.has((error as NodeJS.ErrnoException).code!)) return undefined
    throw error
  }
}
