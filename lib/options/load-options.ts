import { dirname, resolve } from 'node:path'
import { findConfigFile, loadModuleFile } from './config-file.ts'
import { normalizePrefix } from '../routing/prefix.ts'
import type { GatewayOptions } from './schema.ts'

/** The configuration file and the flags together, unchecked. */
export interface LoadedOptions {
  input: unknown
  /** Folder that relative paths start from: the file's, or the working directory when there is none. */
  baseDir: string
}

/**
 * Reads the configuration file and lets the flags win over it.
 * @param workingDir - searched for a configuration file when none is named
 * @param named - a configuration file, relative to `workingDir`; `false` for none, even if there is one
 * @param overrides - from flags; they win: `upstreams` prefix by prefix, `tls` property by property
 * @throws GW_ERR_CONFIG for a file that is missing or broken
 */
export async function loadOptions (
  workingDir: string, named?: string | false, overrides: GatewayOptions = {}
): Promise<LoadedOptions> {
  const file = await findFile(workingDir, named)
  if (file === undefined) return { input: overrides, baseDir: workingDir }
  return { input: merge(await loadModuleFile(file), overrides), baseDir: dirname(file) }
}

async function findFile (workingDir: string, named: string | false | undefined): Promise<string | undefined> {
  if (named === false) return undefined
  return named === undefined ? await findConfigFile(workingDir) : resolve(workingDir, named)
}

function merge (fromFile: unknown, overrides: GatewayOptions): unknown {
  // Not an object: returned as it is, to be reported by the check.
  if (!isRecord(fromFile)) return fromFile
  const { upstreams = {}, tls = {} } = fromFile
  const merged: Record<string, unknown> = { ...fromFile, ...overrides }
  if (overrides.upstreams !== undefined) merged.upstreams = mergeUpstreams(upstreams, overrides.upstreams)
  if (overrides.tls !== undefined) merged.tls = isRecord(tls) ? { ...tls, ...overrides.tls } : tls
  return merged
}

type Upstreams = NonNullable<GatewayOptions['upstreams']>

/** `/users` in the file and `users` in a flag are one prefix. */
function mergeUpstreams (fromFile: unknown, overrides: Upstreams): unknown {
  if (!isRecord(fromFile)) return fromFile
  const overridden = new Set(Object.keys(overrides).map(normalizeKey))
  const kept = Object.entries(fromFile).filter(([prefix]) => !overridden.has(normalizeKey(prefix)))
  return { ...Object.fromEntries(kept), ...overrides }
}

/** An invalid prefix is kept as it is, to be reported by the check. */
function normalizeKey (prefix: string): string {
  return normalizePrefix(prefix) ?? prefix
}

function isRecord (value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
