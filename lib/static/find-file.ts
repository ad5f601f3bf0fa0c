import { stat } from 'node:fs/promises'
import { join } from 'node:path'

/** What there is in a site at a path. */
export type Found =
  /** `path` is the file's, which for a folder is that of its `index.html`. */
  | { kind: 'file', path: string }
  /** A folder with an `index.html` that was asked for without its slash: the page's relative links would lead elsewhere. */
  | { kind: 'folder' }

const INDEX = '/index.html'

/**
 * @param root - of the site, absolute
 * @param path - from `resolveSitePath`
 * @returns `undefined` when there is nothing to be served; a pipe or a socket is nothing, too
 */
export async function findFile (root: string, path: string): Promise<Found | undefined> {
  const asked = join(root, path)
  if (path.endsWith('/')) return await typeOf(join(asked, INDEX)) === 'file' ? { kind: 'file', path: path.slice(0, -1) + INDEX } : undefined
  const type = await typeOf(asked)
  if (type === 'file') return { kind: 'file', path }
  if (type === 'folder' && await typeOf(join(asked, INDEX)) === 'file') return { kind: 'folder' }
  return undefined
}

const MISSING = new Set(['ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'EACCES', 'ELOOP'])

async function typeOf (path: string): Promise<'file' | 'folder' | undefined> {
  try {
    const stats = await stat(path)
    if (stats.isDirectory()) return 'folder'
    return stats.isFile() ? 'file' : undefined
  } catch (error) {
    if (MISSING.has((error as NodeJS.ErrnoException).code!)) return undefined
    throw error
  }
}
