import type { Problem } from '../errors.ts'
import { isReported } from '../options/check.ts'
import type { ResolvedOptions } from '../options/resolve.ts'
import type { App } from './app.ts'

/** The reason of an app that is in `installedApps` but nowhere else. */
export const MISSING = 'is not there'

/** Whether an app is named in `installedApps` and is not there, which is a problem that is reported already. */
export function isMissing (app: App): boolean {
  return app.reason === MISSING
}

/**
 * Whether it is known which apps and prefixes there are. Otherwise nothing can be said about a name that fits none of
 * them: what it names may be what another problem hides.
 */
export function isRosterSure ({ installedApps, apps, extraProxy }: ResolvedOptions, found: readonly App[], problems: readonly Problem[]): boolean {
  const lists = { installedApps, apps, extraProxy }
  const isListFaulty = Object.entries(lists).some(([name, list]) => hasHole(list) || problems.some(({ path }) => path === name))
  const isStarLost = problems.some(({ path }) => installedApps.some((entry, index) => entry === '*' && path === `installedApps[${index}]`))
  return !isListFaulty && !isStarLost && !found.some(app => isNameFaulty(app, problems))
}

/** `resolveOptions()` leaves a hole where an entry was wrong. */
function hasHole (list: readonly unknown[]): boolean {
  return Object.keys(list).length < list.length
}

/** Whether what an app is called is among the things that are wrong with it. */
export function isNameFaulty ({ source, fieldBase }: Pick<App, 'source' | 'fieldBase'>, problems: readonly Problem[]): boolean {
  return problems.some(({ path }) => path === source) ||
    ['name', 'label', 'prefix'].some(name => isReported(problems, fieldBase + name))
}
