import { type FlagOptions, pickFlags } from '../options/location-flags.ts'
import type { Manifest, UpstreamListOptions } from '../options/schema.ts'
import { normalizePrefix } from '../routing/prefix.ts'

/** Where an app is, and where it is described. */
export interface AppSource {
  /** Its folder; `null` for an inline app. */
  dir: string | null
  /** Its folder as a Python import from the project's folder names it: `apps.users`; `null` when it is not inside. */
  dottedPath: string | null
  /** Where it is described, for problems with it as a whole: `apps[0]`, `apps/users`, `apps/users/app.config.json`. */
  source: string
  /**
   * Put before the name of one of its properties, for problems with that: `apps[0].`, `apps/users/app.config.json: `.
   */
  fieldBase: string
  /** Folder that file names in its options are relative to. */
  baseDir: string
}

/** A backend, found in a folder or a package or given inline; its upstreams are not resolved yet. */
export interface App extends AppSource {
  /** As in `installedApps` and in the port map: `apps.users`. */
  name: string
  /** The last part of the name: `users`. */
  label: string
  /** `/users`; empty for the app that gets what no other prefix matches. An invalid one is as it was written. */
  prefix: string
  /** Whether it gets a route. */
  isExported: boolean
  /** Why it is or is not exported: `has urls.py`, `in noExportApps`. */
  reason: string
  port?: number | undefined
  upstreams?: UpstreamListOptions | undefined
  flags: FlagOptions
}

/** The names of an app before its manifest is read. */
export interface AppName {
  name: string
  label: string
}

/**
 * An app from its manifest, not exported yet.
 * @param defaults - its names where the manifest has none
 * @param manifest - or its entry in `apps`; valid
 */
export function createApp (defaults: AppName, manifest: Manifest, source: AppSource): App {
  const label = manifest.label ?? (manifest.name === undefined ? defaults.label : takeLastPart(manifest.name))
  const prefix = manifest.prefix ?? label.replaceAll('.', '_')
  return {
    ...source,
    name: manifest.name ?? defaults.name,
    label,
    prefix: normalizePrefix(prefix) ?? prefix,
    isExported: false,
    reason: '',
    port: manifest.port,
    upstreams: manifest.upstreams,
    flags: pickFlags(manifest),
  }
}

/** The `reason` of an app that `installedApps` names and that was not found. */
export const MISSING = 'is not there'

/** Whether an app was not found, which is already reported. */
export function isMissing (app: App): boolean {
  return app.reason === MISSING
}

/** The last part of a dotted name: `apps.users` is `users`, as Django labels its apps. */
export function takeLastPart (name: string): string {
  return name.slice(name.lastIndexOf('.') + 1)
}

/** All names that the port map and `noExportApps` may use for an app, the most exact first. */
export function listAppNames ({ name, dottedPath, label }: App): string[] {
  return [name, ...(dottedPath === null ? [] : [dottedPath]), label]
}
