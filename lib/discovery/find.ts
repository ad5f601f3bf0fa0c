import { realpath } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { isFile, isFolder, showPath } from '../options/files.ts'
import type { ResolvedOptions } from '../options/resolve.ts'
import { suggest } from '../options/suggest.ts'
import { type AppName, takeLastPart } from './app.ts'
import { listAppFolders, toDottedPath } from './folders.ts'

/** An app's folder, before its manifest is read. */
export interface FoundApp extends AppName {
  dir: string
  dottedPath: string | null
}

/** An entry of `installedApps` that was not found. */
export interface MissingApp extends AppName {
  dottedPath: string | null
  /** Folders that were searched, as messages show them. */
  searched: string[]
  /** The folder that was probably meant, as messages show it. */
  nearest: string | undefined
}

type Folders = Pick<ResolvedOptions, 'baseDir' | 'appsDir'>

/**
 * Every folder that may hold an app, for `"*"`: named by the folder, in alphabetical order.
 * @returns `undefined` when there is no `appsDir`
 */
export async function findAllApps ({ baseDir, appsDir }: Folders): Promise<FoundApp[] | undefined> {
  if (!await isFolder(appsDir)) return undefined
  return (await listAppFolders(appsDir)).map(name => describeFolder(name, join(appsDir, name), baseDir))
}

/**
 * The folder of one entry of `installedApps`. A folder comes before a package of the same name.
 * @param entry - a name, a dotted name, a path or a package name
 */
export async function findApp (entry: string, options: Folders): Promise<FoundApp | MissingApp> {
  const folders = listCandidateFolders(entry, options)
  for (const dir of folders) {
    if (await isFolder(dir)) return describeFolder(isPath(entry) ? basename(dir) : entry, dir, options.baseDir)
  }
  const packageDir = isPath(entry) ? undefined : await findPackage(entry, options.baseDir)
  const label = entry.slice(entry.indexOf('/') + 1)
  if (packageDir !== undefined) return { name: entry, label, dir: packageDir, dottedPath: null }
  return describeMissing(entry, folders, options.baseDir)
}

function describeFolder (name: string, dir: string, baseDir: string): FoundApp {
  return { name, label: takeLastPart(name), dir, dottedPath: toDottedPath(baseDir, dir) }
}

async function describeMissing (entry: string, folders: readonly string[], baseDir: string): Promise<MissingApp> {
  const searched = folders.map(dir => showPath(baseDir, dir))
  if (!isPath(entry)) searched.push(`node_modules/${entry}`)
  const dottedPath = folders[0] === undefined ? null : toDottedPath(baseDir, folders[0])
  const nearest = await findNearest(folders, baseDir)
  return { name: entry, label: takeLastPart(basename(entry)), dottedPath, searched, nearest }
}

/** Folders that an entry may mean, in the order in which they are tried. */
function listCandidateFolders (entry: string, { baseDir, appsDir }: Folders): string[] {
  if (isScoped(entry)) return []
  // A backslash on every system: a project's configuration is the same on all machines that it is used on.
  if (isPath(entry)) return [resolve(baseDir, entry.replaceAll('\\', '/'))]
  const inAppsDir = join(appsDir, entry)
  if (!entry.includes('.')) return [inAppsDir]
  const nested = entry.replaceAll('.', '/')
  return [join(baseDir, nested), join(appsDir, nested), inAppsDir]
}

function isPath (entry: string): boolean {
  return !isScoped(entry) && (entry.startsWith('.') || /[\\/]/.test(entry))
}

function isScoped (entry: string): boolean {
  return /^@[^\\/]+\/[^\\/]+$/.test(entry)
}

/**
 * The folder of an installed package, as Node finds it: in the nearest `node_modules` upwards. Not by
 * `require.resolve()`, which refuses packages that do not export their `package.json`.
 */
async function findPackage (name: string, from: string): Promise<string | undefined> {
  const folder = join(from, 'node_modules', name)
  // By its real path, so that a workspace that is named by its folder and by its package is one app.
  if (await isFile(join(folder, 'package.json'))) return await realpath(folder)
  const parent = dirname(from)
  return parent === from ? undefined : await findPackage(name, parent)
}

/** The sibling folder with the most similar name, for the message. */
async function findNearest (folders: readonly string[], baseDir: string): Promise<string | undefined> {
  for (const folder of folders) {
    const nearest = suggest(basename(folder), await listAppFolders(dirname(folder)))
    if (nearest !== undefined) return showPath(baseDir, join(dirname(folder), nearest))
  }
  return undefined
}
