import type { App } from '../discovery/app.ts'
import { isMissing } from '../discovery/app.ts'
import { isAppListComplete } from '../discovery/app-list.ts'
import type { Problem } from '../errors.ts'
import { isReported, joinPropertyPath } from '../options/check.ts'
import type { ResolvedOptions } from '../options/resolve.ts'
import type { UpstreamListOptions } from '../options/schema.ts'
import { suggest } from '../options/suggest.ts'
import { normalizePrefix } from '../routing/prefix.ts'

// The option `upstreams` has prefixes as its keys, which may be written with and without slashes.

/** An entry of the option `upstreams`, and its path for problems: `upstreams.users`. */
export interface UpstreamEntry {
  path: string
  upstreams: UpstreamListOptions
}

/**
 * The entry of the option `upstreams` for a prefix.
 * @param problems - gets a prefix that has two entries
 */
export function findUpstreamEntry (
  { prefix, name }: Pick<App, 'prefix' | 'name'>, options: ResolvedOptions, problems: Problem[]
): UpstreamEntry | undefined {
  const [key, other] = listKeys(prefix).filter(key => Object.hasOwn(options.upstreams, key))
  if (key === undefined) return undefined
  const path = joinPropertyPath(['upstreams', key])
  if (other !== undefined) problems.push({ path, message: describeTwice(name, key, other) })
  return { path, upstreams: options.upstreams[key]! }
}

function describeTwice (name: string, key: string, other: string): string {
  return `names ${JSON.stringify(name)} twice, as ${JSON.stringify(key)} and ${JSON.stringify(other)}; keep one of them`
}

/** A prefix as users write it for a key: `users`, in quotes. */
export function showKey (prefix: string): string {
  return JSON.stringify(toKey(prefix))
}

function toKey (prefix: string): string {
  return prefix.replace(/^\//, '')
}

function listKeys (prefix: string): string[] {
  const key = toKey(prefix)
  return key === '' ? ['', '/'] : [key, `/${key}`, `${key}/`, `/${key}/`]
}

/** Whether a problem is already reported for the entry of a prefix, or for the whole option. */
export function isEntryReported (prefix: string, problems: readonly Problem[]): boolean {
  return problems.some(({ path }) => path === 'upstreams') ||
    listKeys(prefix).some(key => isReported(problems, joinPropertyPath(['upstreams', key])))
}

/**
 * Refuses a key that is the prefix of nothing: a typing error would go unnoticed.
 * @param locations - the exported apps and the extra proxies
 */
export function refuseUnknownKeys (
  options: ResolvedOptions, apps: readonly App[], locations: readonly { prefix: string }[], problems: Problem[]
): void {
  const isComplete = isAppListComplete(options, apps, problems)
  for (const key of Object.keys(options.upstreams)) {
    const prefix = normalizePrefix(key)
    if (locations.some(location => location.prefix === prefix)) continue
    const app = apps.find(app => app.prefix === prefix)
    if (app === undefined ? !isComplete : isMissing(app)) continue
    const message = app === undefined
      ? describeUnknown(key, locations)
      : `the app "${app.name}" gets no route (${app.reason})`
    problems.push({ path: joinPropertyPath(['upstreams', key]), message })
  }
}

function describeUnknown (key: string, locations: readonly { prefix: string }[]): string {
  const known = locations.map(({ prefix }) => toKey(prefix))
  const nearest = suggest(key.replace(/^\/|\/$/g, ''), known)
  const list = known.map(prefix => JSON.stringify(prefix)).join(', ') || 'none'
  const remedy = nearest === undefined ? `known are ${list}` : `did you mean "${nearest}"?`
  return `nothing has the prefix ${JSON.stringify(key)}; ${remedy}`
}
