import { type GatewayConfigError, type Problem } from '../errors.ts'
import { hostWithPort, parseUpstreams } from './parse-upstreams.ts'
import type { UpstreamTarget } from './types.ts'
import { propertyPath } from '../options/check.ts'
import type { ResolvedOptions } from '../options/resolve.ts'
import { isFile, showPath } from '../discovery/folders.ts'
import { readJsonFile } from '../options/json-file.ts'

/** Where apps run, by name, as whatever starts them wrote it down. */
export interface PortMap {
  /** The file, as messages show it. */
  file: string
  /** `null` for an entry that is wrong, and reported. */
  addresses: ReadonlyMap<string, UpstreamTarget | null>
}

/**
 * Reads the port map file: `{ "apps.users": "127.0.0.1:8001" }`. A number is a port of `defaultUpstream`; a URL will do too.
 * @param problems - gets a file that was named and is not there, and every entry that is no address
 */
export async function readPortMap (options: ResolvedOptions, problems: Problem[]): Promise<PortMap> {
  const file = showPath(options.baseDir, options.portMapFile.path)
  const addresses = new Map<string, UpstreamTarget | null>()
  for (const [name, value] of await readEntries(options.portMapFile, file, problems)) {
    addresses.set(name, parseEntry(value, options, `${file}: ${propertyPath([name])}`, problems))
  }
  return { file, addresses }
}

async function readEntries ({ path, isRequired }: ResolvedOptions['portMapFile'], file: string, problems: Problem[]): Promise<[string, unknown][]> {
  if (!await isFile(path)) {
    if (isRequired) problems.push({ path: 'portMapFile', message: `there is no file ${file}` })
    return []
  }
  try {
    const content = await readJsonFile(path, file)
    if (typeof content === 'object' && content !== null && !Array.isArray(content)) return Object.entries(content)
    problems.push({ path: file, message: 'must be an object such as { "apps.users": "127.0.0.1:8001" }' })
  } catch (error) {
    problems.push(...(error as GatewayConfigError).problems)
  }
  return []
}

function parseEntry (value: unknown, { baseDir, defaultUpstream }: ResolvedOptions, path: string, problems: Problem[]): UpstreamTarget | null {
  if (typeof value === 'string') return parseUpstreams(value, { baseDir, path }, problems)[0] ?? null
  if (isPort(value)) return parseUpstreams(hostWithPort(defaultUpstream, value), { baseDir, path }, problems)[0]!
  problems.push({ path, message: `must be an address such as "127.0.0.1:8001" or a port, not ${JSON.stringify(value)}` })
  return null
}

function isPort (value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= 65535
}
