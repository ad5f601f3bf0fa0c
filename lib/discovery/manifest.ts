import { join } from 'node:path'
import type { GatewayConfigError, Problem } from '../errors.ts'
import { checkShape } from '../options/check.ts'
import { findModuleFile, loadModuleFile } from '../options/config-file.ts'
import { isFile, showPath } from '../options/files.ts'
import { readJsonFile } from '../options/json-file.ts'
import { type Manifest, ManifestSchema } from '../options/schema.ts'
import { copyValidPart } from '../options/valid-part.ts'
import type { AppSource } from './app.ts'

/** An app's manifest, and where it is. */
export interface FoundManifest extends Pick<AppSource, 'source' | 'fieldBase'> {
  manifest: Manifest
}

/** A manifest before its check. */
interface RawManifest extends Pick<AppSource, 'source' | 'fieldBase'> {
  data: unknown
}

/**
 * The manifest of an app's folder: `app.config.json`, `.js`, `.mjs` or `.ts`, or else the `gateway` key of its
 * `package.json`. With both, `app.config` counts and the key is ignored: that file has no other purpose.
 * @param problems - gets its faults; its valid part is returned
 * @returns an empty one, with the folder as its source, when there is none
 */
export async function readManifest (dir: string, baseDir: string, problems: Problem[]): Promise<FoundManifest> {
  const folder = showPath(baseDir, dir)
  const none = { source: folder, fieldBase: `${folder}: `, manifest: {} }
  try {
    const raw = await loadAppConfig(dir, baseDir) ?? await loadPackageKey(dir, baseDir)
    return raw === undefined ? none : checkManifest(raw, problems)
  } catch (error) {
    const faults = (error as GatewayConfigError).problems
    problems.push(...faults)
    return { ...none, source: faults[0]!.path }
  }
}

async function loadAppConfig (dir: string, baseDir: string): Promise<RawManifest | undefined> {
  const file = await findModuleFile(dir, 'app.config', showPath(baseDir, dir))
  if (file === undefined) return undefined
  const source = showPath(baseDir, file)
  return { source, fieldBase: `${source}: `, data: await loadModuleFile(file, source) }
}

async function loadPackageKey (dir: string, baseDir: string): Promise<RawManifest | undefined> {
  const file = join(dir, 'package.json')
  if (!await isFile(file)) return undefined
  const source = showPath(baseDir, file)
  const content = await readJsonFile(file, source) as { gateway?: unknown } | null
  const data = content?.gateway
  return data === undefined ? undefined : { source: `${source}: gateway`, fieldBase: `${source}: gateway.`, data }
}

function checkManifest ({ source, fieldBase, data }: RawManifest, problems: Problem[]): FoundManifest {
  const faults = checkShape(ManifestSchema, data)
  problems.push(...faults.map(({ path, message }) => ({ path: path === '' ? source : fieldBase + path, message })))
  return { source, fieldBase, manifest: copyValidPart(ManifestSchema, data) ?? {} }
}
