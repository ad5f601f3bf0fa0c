import type { Problem } from '../errors.ts'
import type { InlineAppOptions } from '../options/schema.ts'
import type { ResolvedOptions } from '../options/resolve.ts'
import { suggest } from '../options/suggest.ts'
import { type App, describeApp, lastPart, namesOf } from './app.ts'
import { decideExport } from './export.ts'
import { findAllApps, findApp, type FoundApp, type MissingApp } from './find.ts'
import { showPath } from './folders.ts'
import { readManifest } from './manifest.ts'
import { isMissing, isRosterSure, MISSING } from './app-list.ts'

/**
 * Every app of the project, those without a route too: of `installedApps` in their order, then the inline ones.
 * @param problems - gets apps that are not there, faulty manifests, and names in `noExportApps` that no app has
 * @returns also what is not there, without a route, so that no later step complains about it again
 */
export async function discoverApps (options: ResolvedOptions, problems: Problem[]): Promise<App[]> {
  const found = await findInstalled(options, problems)
  const apps: App[] = []
  for (const app of found) apps.push('dir' in app ? await readApp(app, options, problems) : describeMissing(app, options.baseDir))
  options.apps.forEach((app, index) => apps.push(describeInline(app, index, options.baseDir)))
  return withholdApps(apps, options, problems)
}

/** What `installedApps` names; an app that is named twice, as `users` and by `"*"`, once. */
async function findInstalled (options: ResolvedOptions, problems: Problem[]): Promise<(FoundApp | MissingApp)[]> {
  const found = new Map<string, FoundApp | MissingApp>()
  for (const [index, entry] of Object.entries(options.installedApps)) {
    const apps = entry === '*' ? await findAllApps(options) : [await findApp(entry, options)]
    if (apps === undefined) problems.push({ path: `installedApps[${index}]`, message: `there is no folder ${showPath(options.baseDir, options.appsDir)} in which "*" could find apps; set "appsDir"` })
    for (const app of apps ?? []) {
      const key = 'dir' in app ? app.dir : app.name
      if (found.has(key)) continue
      found.set(key, app)
      if (!('dir' in app)) problems.push({ path: `installedApps[${index}]`, message: describePlaces(app) })
    }
  }
  return [...found.values()]
}

function describePlaces ({ name, places, nearest }: MissingApp): string {
  const remedy = nearest === undefined ? '' : `; did you mean ${nearest}?`
  return `there is no app "${name}": looked in ${places.join(', ')}${remedy}`
}

async function readApp (found: FoundApp, { baseDir }: ResolvedOptions, problems: Problem[]): Promise<App> {
  const { dir, dottedPath } = found
  const { said, source, fieldBase } = await readManifest(dir, baseDir, problems)
  return { ...describeApp(found, said, { dir, dottedPath, source, fieldBase, baseDir: dir }), ...await decideExport(dir, said) }
}

function describeMissing (missing: MissingApp, baseDir: string): App {
  const { name, dottedPath } = missing
  return { ...describeApp(missing, {}, { dir: null, dottedPath, source: name, fieldBase: `${name}: `, baseDir }), reason: MISSING }
}

function describeInline (app: InlineAppOptions, index: number, baseDir: string): App {
  const source = `apps[${index}]`
  const known = { name: app.name, label: lastPart(app.name) }
  return { ...describeApp(known, app, { dir: null, dottedPath: null, source, fieldBase: `${source}.`, baseDir }), isExported: true, reason: 'is given inline' }
}

/** Takes the route from the apps that `noExportApps` names. */
function withholdApps (apps: readonly App[], options: ResolvedOptions, problems: Problem[]): App[] {
  const known = new Set(apps.flatMap(namesOf))
  options.noExportApps.forEach((name, index) => {
    if (known.has(name) || !isRosterSure(options, apps, problems)) return
    const nearest = suggest(name, known)
    const remedy = nearest === undefined ? '' : `; did you mean "${nearest}"?`
    problems.push({ path: `noExportApps[${index}]`, message: `no app is called ${JSON.stringify(name)}${remedy}` })
  })
  return apps.map(app => {
    const isWithheld = !isMissing(app) && namesOf(app).some(name => options.noExportApps.includes(name))
    return isWithheld ? { ...app, isExported: false, reason: 'in noExportApps' } : app
  })
}
