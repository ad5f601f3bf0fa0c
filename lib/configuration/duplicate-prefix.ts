import type { App } from '../discovery/app.ts'
import { hasNameProblem } from '../discovery/app-list.ts'
import type { Problem } from '../errors.ts'
import { normalizePrefix } from '../routing/prefix.ts'
import type { StaticSite } from '../static/site.ts'
import type { Location } from '../location.ts'

/** An app or an extra proxy, which has a prefix. */
type PrefixOwner = Pick<App, 'name' | 'prefix' | 'source' | 'fieldBase'>

/**
 * Refuses a prefix that two apps or extra proxies have, and one that is invalid.
 * @param owners - in the order of their precedence; the problem is reported for the later one
 * @param problems - gets them. An app whose name is faulty is left out: its prefix follows from the name
 */
export function refuseDuplicatePrefixes (owners: readonly PrefixOwner[], problems: Problem[]): void {
  const byPrefix = new Map<string, PrefixOwner>()
  for (const owner of owners) {
    const path = `${owner.fieldBase}prefix`
    const first = byPrefix.get(owner.prefix)
    if (normalizePrefix(owner.prefix) === undefined) {
      problems.push({ path, message: describeInvalid(owner) })
    } else if (first === undefined) {
      byPrefix.set(owner.prefix, owner)
    } else if (![first, owner].some(one => hasNameProblem(one, problems))) {
      problems.push({ path, message: describeDuplicate(owner, first) })
    }
  }
}

function describeInvalid ({ name, prefix }: PrefixOwner): string {
  return `${JSON.stringify(prefix)} cannot be a prefix: give "${name}" one of letters, digits and -._~, ` +
    'such as "users" or "v1/users"'
}

function describeDuplicate ({ name, prefix, source }: PrefixOwner, first: PrefixOwner): string {
  return `"${name}" (${source}) and "${first.name}" (${first.source}) both have the prefix "${prefix}"; ` +
    'give one of them another "prefix"'
}

/**
 * Refuses the prefix of a static site that a location has too. One below the other is fine: the longest wins.
 * @param problems - gets the duplicate
 */
export function refuseSharedSitePrefix (
  site: StaticSite | null, locations: readonly Pick<Location, 'name' | 'prefix'>[], problems: Problem[]
): void {
  const owner = locations.find(({ prefix }) => prefix === site?.prefix)
  if (owner === undefined) return
  const message = `"${owner.prefix || '/'}" is the prefix of "${owner.name}" too; give one of them another "prefix"`
  problems.push({ path: 'static.prefix', message })
}
