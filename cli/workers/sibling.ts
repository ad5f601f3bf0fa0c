import { fileURLToPath } from 'node:url'

/** Path of the module beside another one, with its extension: `.ts` as it is written, `.js` as it is compiled. */
export function siblingOf (url: string, name: string): string {
  const extension = url.slice(url.lastIndexOf('.'))
  return fileURLToPath(new URL(`./${name}${extension}`, url))
}
