import type { FlagOptions, Manifest, UpstreamListOptions } from '../options/schema.ts'
import { pickFlags } from '../options/resolve.ts'
import { normalizePrefix } from '../routing/prefix.ts'

/** Where an app is, and where it is described. */
export interface AppPlace {
  /** Its folder; `null` for an inline app. */
  dir: string | null
  /** Its folder from the project's, as a Python import would name it: `apps.users`; `null` when it is not inside. */
  dottedPath: string | null
  /** Where it is described, for problems with it as a whole: `apps[0]`, `apps/users`, `apps/users/app.config.json`. */
  source: string
  /** Put before the name of one of its properties, for problems with that: `apps[0].`, `apps/users/app.config.json: `. */
  fieldBase: string
  /** Folder that the files its options name are relative to. */
  baseDir: string
}

/** A backend application, found in a folder or a package or given inline, before it is known where it runs. */
export interface App extends AppPlace {
  /** As in `installedApps` and in the port map: `apps.users`. */
  name: string
  /** The last part of the name: `users`. */
  label: string
  /** `/users`; empty for the app that owns what nothing else does. As it was written when it cannot be a prefix. */
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
 * An app from what it says of itself, not exported yet.
 * @param known - what it is called where it is silent about that
 * @param said - its manifest or its entry in `apps`, valid
 */
export function describeApp (known: AppName, said: Manifest, place: AppPlace): App {
  const label = said.label ?? (said.name === undefined ? known.label : lastPart(said.name))
  const prefix = said.prefix ?? label.replaceAll('.', '_')
  return {
    ...place,
    name: said.name ?? known.name,
    label,
    prefix: normalizePrefix(prefix) ?? prefix,
    isExported: false,
    reason: '',
    port: said.port,
    upstreams: said.upstreams,
    flags: pickFlags(said),
  }
}

/** The last part of a dotted name: `apps.users` is `users`, as Django labels its apps. */
export function lastPart (name: string): string {
  return name.slice(name.lastIndexOf('.') + 1)
}

/** Everything that the port map and `noExportApps` may call an app, the most exact first. */
export function namesOf ({ name, dottedPath, label }: App): string[] {
  return [name, ...(dottedPath === null ? [] : [dottedPath]), label]
}
