import { statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Problem } from '../errors.ts'
import { normalizePrefix } from '../routing/prefix.ts'

/** The `static` option, resolved: files that are served beside the apps. */
export interface StaticSite {
  /** Absolute. */
  root: string
  /** `/app`; empty for everything that no app owns. */
  prefix: string
  /** A single-page app: what is no file, and was navigated to, is `index.html`. */
  spa: boolean
}

/** The `static` option as it was written. */
export interface StaticSiteInput {
  root: string
  prefix?: string | undefined
  spa?: boolean | undefined
}

/**
 * @param given - `undefined` when there is no site
 * @param baseDir - absolute; a relative root starts there
 * @param problems - gets a prefix that is none, and a folder without the files: better reported at start than by 404s
 */
export function resolveSite (
  given: StaticSiteInput | undefined,
  baseDir: string,
  problems: Problem[]
): StaticSite | null {
  if (given === undefined) return null
  const { prefix = '/', spa = false } = given
  const site = { root: resolve(baseDir, given.root), prefix: normalizePrefix(prefix), spa }
  const fault = findRootFault(site)
  if (fault !== undefined) problems.push({ path: 'static.root', message: fault })
  if (site.prefix === undefined) {
    problems.push({
      path: 'static.prefix',
      message: `${JSON.stringify(prefix)} cannot be a prefix: write "/", or letters, digits and -._~, such as "app"`,
    })
  }
  return { ...site, prefix: site.prefix ?? '' }
}

function findRootFault ({ root, spa }: Pick<StaticSite, 'root' | 'spa'>): string | undefined {
  const stats = statSync(root, { throwIfNoEntry: false })
  if (stats === undefined) return `there is no folder ${root}; create it, or name the one with the built files`
  if (!stats.isDirectory()) return `${root} is no folder; name the one that it is in`
  const index = join(root, 'index.html')
  if (spa && statSync(index, { throwIfNoEntry: false })?.isFile() !== true) {
    return `there is no ${index}, which "spa" needs; build the app, or leave "spa" away`
  }
  return undefined
}
