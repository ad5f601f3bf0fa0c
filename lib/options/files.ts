import { stat } from 'node:fs/promises'
import { relative, sep } from 'node:path'

/** Whether there is a folder at a path, or a link to one. */
export async function isFolder (path: string): Promise<boolean> {
  return await stat(path).then(stats => stats.isDirectory(), () => false)
}

/** Whether there is a file at a path, or a link to one. */
export async function isFile (path: string): Promise<boolean> {
  return await stat(path).then(stats => stats.isFile(), () => false)
}

/** A path for messages: relative to the project's folder when it is inside, with slashes; otherwise as it is. */
export function showPath (baseDir: string, path: string): string {
  return splitInside(baseDir, path)?.join('/') ?? path
}

/** The parts of a path below a folder; `undefined` when it is not below. */
export function splitInside (baseDir: string, path: string): string[] | undefined {
  const parts = relative(baseDir, path).split(sep)
  // On Windows a path on another drive has no relative form and stays absolute: its first part is the drive.
  return parts[0] === '' || parts[0] === '..' || parts[0]!.endsWith(':') ? undefined : parts
}
