import { fileURLToPath } from 'node:url'

/**
 * Path of the entry of a process or thread, beside the module that starts it.
 * @param url - `import.meta.url` of that module; the entry has the same extension: `.ts` in the source, `.js` compiled
 */
export function resolveEntry (url: string, name: string): string {
  const extension = url.slice(url.lastIndexOf('.'))
  return fileURLToPath(new URL(`./${name}${extension}`, url))
}
