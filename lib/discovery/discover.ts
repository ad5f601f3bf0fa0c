import type { Problem } from '../errors.ts'
import { showPath } from '../options/files.ts'
import type { ResolvedOptions } from '../options/resolve.ts'
import type { InlineAppOptions } from '../options/schema.ts'
import { suggest } from '../options/suggest.ts'
import { type App, createApp, isMissing, takeLastPart, MISSING, listAppNames } from './app.ts'
import { isAppListComplete } from './app-list.ts'
import { decideExport } from './export.ts'
import { findAllApps, findApp, type FoundApp, type MissingApp } from './find.ts'
import { readManifest } from './manifest.ts'

/**
 * Every app of the project, those without a route too: of `installedApps` in their order, then the inline ones.
 * @param problems - gets apps that were not found, faulty manifests, and names in `noExportApps` that no app has
 * @returns apps that were not found too, without a route, so that no later step reports them again
 */
export async function discoverApps (options: ResolvedOptions, problems: Problem[]): Promise<App[]> {
  const found = await findInstalled(options, problems)
  const apps: App[] = []
  for (const app of found) {
    apps.push('dir' in app ? await readApp(app, options, problems) : createMissing(app, options.baseDir))
  }
  options.apps.forEach((app, index) => apps.push(createInline(app, index, options.baseDir)))
  return withholdApps(apps, options, problems)
}

/** The apps of `installedApps`; one that is named twice, as `users` and by `"*"`, counts once. */
async function findInstalled (
  options: ResolvedOptions, problems: Problem[]
): Promise<(FoundApp | MissingApp)[]> {
  const found = new Map<string, FoundApp | MissingApp>()
  for (const [index, entry] of Object.entries(options.installedApps)) {
    const apps = entry === '*' ? await findAllApps(options) : [await findApp(entry, options)]
    const path = `installedApps[${index}]`
    if (apps === undefined) problems.push({ path, message: describeNoFolder(options) })
    for (const app of apps ?? []) {
      const key = 'dir' in app ? app.dir : app.name
      if (found.has(key)) continue
      found.set(key, app)
      if (!('dir' in app)) problems.push({ path, message: describeSearch(app) })
    }
  }
  return [...found.values()]
}

function describeNoFolder ({ baseDir, appsDir }: ResolvedOptions): string {
  return `there is no folder ${showPath(baseDir, appsDir)} in which "*" could find apps; set "appsDir"`
}

function describeSearch ({ name, searched, nearest }: MissingApp): string {
  const remedy = nearest === undefined ? '' : `; did you mean ${nearest}?`
  return `there is no app "${name}": looked in ${searched.join(', ')}${remedy}`
}

async function readApp (found: FoundApp, { baseDir }: ResolvedOptions, problems: Problem[]): Promise<App> {
  const { dir, dottedPath } = found
  const { manifest, source, fieldBase } = await readManifest(dir, baseDir, problems)
  const app = createApp(found, manifest, { dir, dottedPath, source, fieldBase, baseDir: dir })
  return { ...app, ...await decideExport(dir, manifest) }
}

function createMissing (missing: MissingApp, baseDir: string): App {
  const { name, dottedPath } = missing
  const app = createApp(missing, {}, { dir: null, dottedPath, source: name, fieldBase: `${name}: `, baseDir })
  return { ...app, reason: MISSING }
}

function createInline (given: InlineAppOptions, index: number, baseDir: string): App {
  const source = `apps[${index}]`
  const names = { name: given.name, label: takeLastPart(given.name) }
  const app = createApp(names, given, { dir: null, dottedPath: null, source, fieldBase: `${source}.`, baseDir })
  return { ...app, isExported: true, reason: 'is given inline' }
}

/** Apps that `noExportApps` names get no route. */
function withholdApps (apps: readonly App[], options: ResolvedOptions, problems: Problem[]): App[] {
  const known = new Set(apps.flatMap(listAppNames))
  options.noExportApps.forEach((name, index) => {
    if (known.has(name) || !isAppListComplete(options, apps, problems)) return
    const nearest = suggest(name, known)
    const remedy = nearest === undefined ? '' : `; did you mean "${nearest}"?`
    problems.push({ path: `noExportApps[${index}]`, message: `no app is called ${JSON.stringify(name)}${remedy}` })
  })
  return apps.map(app => {
    const isWithheld = !isMissing(app) && listAppNames(app).some(name => options.noExportApps.includes(name))
    return isWithheld ? { ...app, isExported: false, reason: 'in noExportApps' } : app
  })
}
