import type { Problem } from '../errors.ts'
import { isReported } from '../options/check.ts'
import type { ResolvedOptions } from '../options/resolve.ts'
import type { App } from './app.ts'

/**
 * Whether every app and every prefix is known. If not, a name that fits none of them is no problem of its own: it may
 * belong to an app that another problem hides.
 */
export function isAppListComplete (
  { installedApps, apps, extraProxy }: ResolvedOptions, found: readonly App[], problems: readonly Problem[]
): boolean {
  const hasProblemAt = (path: string) => problems.some(problem => problem.path === path)
  const lists = Object.entries({ installedApps, apps, extraProxy })
  const isListFaulty = lists.some(([name, list]) => hasHole(list) || hasProblemAt(name))
  const isWildcardFaulty = installedApps.some((entry, i) => entry === '*' && hasProblemAt(`installedApps[${i}]`))
  return !isListFaulty && !isWildcardFaulty && !found.some(app => hasNameProblem(app, problems))
}

/** `resolveOptions()` leaves a hole where an entry was wrong. */
function hasHole (list: readonly unknown[]): boolean {
  return Object.keys(list).length < list.length
}

/** Whether a problem is reported for the name, the label or the prefix of an app, or for all of its manifest. */
export function hasNameProblem (
  { source, fieldBase }: Pick<App, 'source' | 'fieldBase'>, problems: readonly Problem[]
): boolean {
  return problems.some(({ path }) => path === source) ||
    ['name', 'label', 'prefix'].some(name => isReported(problems, fieldBase + name))
}
