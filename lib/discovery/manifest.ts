import { join } from 'node:path'
import { findModuleFile, loadModuleFile } from '../options/config-file.ts'
import type { GatewayConfigError, Problem } from '../errors.ts'
import { type Manifest, ManifestSchema } from '../options/schema.ts'
import { checkShape } from '../options/check.ts'
import { salvage } from '../options/valid-part.ts'
import type { AppPlace } from './app.ts'
import { isFile, showPath } from './folders.ts'
import { readJsonFile } from '../options/json-file.ts'

/** What an app says of itself, and where. */
export interface FoundManifest extends Pick<AppPlace, 'source' | 'fieldBase'> {
  said: Manifest
}

interface Loaded extends Pick<AppPlace, 'source' | 'fieldBase'> {
  data: unknown
}

/**
 * The manifest of an app's folder: `app.config.json`, `.js`, `.mjs` or `.ts`, or else the `gateway` key of its
 * `package.json`. With both, `app.config` counts and the key is ignored, as the file was written for nothing but this.
 * @param problems - gets what is wrong with it; what is right of it is returned
 * @returns an empty one, described by its folder, when there is none
 */
export async function readManifest (dir: string, baseDir: string, problems: Problem[]): Promise<FoundManifest> {
  const folder = showPath(baseDir, dir)
  const silent = { source: folder, fieldBase: `${folder}: `, said: {} }
  try {
    const loaded = await loadAppConfig(dir, baseDir) ?? await loadPackageKey(dir, baseDir)
    return loaded === undefined ? silent : checkManifest(loaded, problems)
  } catch (error) {
    const faults = (error as GatewayConfigError).problems
    problems.push(...faults)
    return { ...silent, source: faults[0]!.path }
  }
}

async function loadAppConfig (dir: string, baseDir: string): Promise<Loaded | undefined> {
  const file = await findModuleFile(dir, 'app.config', showPath(baseDir, dir))
  if (file === undefined) return undefined
  const source = showPath(baseDir, file)
  return { source, fieldBase: `${source}: `, data: await loadModuleFile(file, source) }
}

async function loadPackageKey (dir: string, baseDir: string): Promise<Loaded | undefined> {
  const file = join(dir, 'package.json')
  if (!await isFile(file)) return undefined
  const source = showPath(baseDir, file)
  const content = await readJsonFile(file, source) as { gateway?: unknown } | null
  const data = content?.gateway
  return data === undefined ? undefined : { source: `${source}: gateway`, fieldBase: `${source}: gateway.`, data }
}

function checkManifest ({ source, fieldBase, data }: Loaded, problems: Problem[]): FoundManifest {
  const faults = checkShape(ManifestSchema, data)
  problems.push(...faults.map(({ path, message }) => ({ path: path === '' ? source : fieldBase + path, message })))
  return { source, fieldBase, said: (salvage(ManifestSchema, data) ?? {}) }
}
