import type { GatewayConfigError, Problem } from '../errors.ts'
import { joinPropertyPath } from '../options/check.ts'
import { isFile, showPath } from '../options/files.ts'
import { readJsonFile } from '../options/json-file.ts'
import type { ResolvedOptions } from '../options/resolve.ts'
import { joinHostPort, parseUpstreams } from './parse-upstreams.ts'
import type { UpstreamTarget } from '../location.ts'

/** The addresses of apps by name, from a file that the program that starts them writes. */
export interface PortMap {
  /** The file, as messages show it. */
  file: string
  /** `null` for a faulty entry, which is reported. */
  addresses: ReadonlyMap<string, UpstreamTarget | null>
}

/**
 * Reads the port map file: `{ "apps.users": "127.0.0.1:8001" }`. A number is a port of `defaultUpstream`; a URL is
 * possible too.
 * @param problems - gets a missing file that the options name, and every entry that is no address
 */
export async function readPortMap (options: ResolvedOptions, problems: Problem[]): Promise<PortMap> {
  const file = showPath(options.baseDir, options.portMapFile.path)
  const addresses = new Map<string, UpstreamTarget | null>()
  for (const [name, value] of await readEntries(options.portMapFile, file, problems)) {
    addresses.set(name, parseEntry(value, options, `${file}: ${joinPropertyPath([name])}`, problems))
  }
  return { file, addresses }
}

async function readEntries (
  { path, isRequired }: ResolvedOptions['portMapFile'], file: string, problems: Problem[]
): Promise<[string, unknown][]> {
  if (!await isFile(path)) {
    if (isRequired) problems.push({ path: 'portMapFile', message: `there is no file ${file}` })
    return []
  }
  try {
    const content = await readJsonFile(path, file)
    const isObject = typeof content === 'object' && content !== null && !Array.isArray(content)
    if (isObject) return Object.entries(content)
    problems.push({ path: file, message: 'must be an object such as { "apps.users": "127.0.0.1:8001" }' })
  } catch (error) {
    problems.push(...(error as GatewayConfigError).problems)
  }
  return []
}

function parseEntry (
  value: unknown, { baseDir, defaultUpstream }: ResolvedOptions, path: string, problems: Problem[]
): UpstreamTarget | null {
  if (typeof value === 'string') return parseUpstreams(value, { baseDir, path }, problems)[0] ?? null
  if (isPort(value)) return parseUpstreams(joinHostPort(defaultUpstream, value), { baseDir, path }, problems)[0]!
  const message = `must be an address such as "127.0.0.1:8001" or a port, not ${JSON.stringify(value)}`
  problems.push({ path, message })
  return null
}

function isPort (value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= 65535
}
