import { basename, extname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { createConfigError, type GatewayConfigError } from '../errors.ts'
import { isFile } from './files.ts'
import { readJsonFile } from './json-file.ts'

/** Two files of one name in a folder are an error, so that their order does not matter. */
const EXTENSIONS = ['.json', '.js', '.mjs', '.ts']

/**
 * The config file of a folder: `gateway.config.json`, `.js`, `.mjs` or `.ts`.
 * @returns its path; `undefined` when there is none
 * @throws GW_ERR_CONFIG when there are several
 */
export async function findConfigFile (dir: string): Promise<string | undefined> {
  return await findModuleFile(dir, 'gateway.config')
}

/**
 * The one file in a folder that `loadModuleFile()` can load under a name.
 * @param stem - the name without its extension: `app.config`
 * @param shownAs - the folder, as the error names it
 * @returns its path; `undefined` when there is none
 * @throws GW_ERR_CONFIG when there are several: which one counts would be a guess
 */
export async function findModuleFile (dir: string, stem: string, shownAs = dir): Promise<string | undefined> {
  const found: string[] = []
  for (const extension of EXTENSIONS) {
    const path = join(dir, stem + extension)
    if (await isFile(path)) found.push(path)
  }
  if (found.length <= 1) return found[0]
  throw createFault(shownAs, `has ${found.map(path => basename(path)).join(' and ')}; keep one of them`)
}

/**
 * The content of a configuration file: JSON, or the default export of a module. An exported function is called, and
 * may be async. A module is loaded once in the life of the process.
 * @param path - absolute, or from the working directory; ends in `.json`, `.js`, `.mjs` or `.ts`
 * @param shownAs - the file, as errors name it
 * @throws GW_ERR_CONFIG when it does not exist, cannot be read, or has no default export
 */
export async function loadModuleFile (path: string, shownAs = path): Promise<unknown> {
  const extension = extname(path)
  if (!EXTENSIONS.includes(extension)) throw createFault(shownAs, `must end in ${EXTENSIONS.join(', ')}`)
  if (!await isFile(path)) throw createFault(shownAs, 'there is no such file')
  if (extension === '.json') return await readJsonFile(path, shownAs)
  try {
    return await evaluate(readDefaultExport(await importModule(path)))
  } catch (error) {
    throw createFault(shownAs, describeFailure(error, path), error)
  }
}

async function importModule (path: string): Promise<object> {
  if (extname(path) !== '.ts') return await import(pathToFileURL(path).href) as object
  // Loading jiti costs 20 ms and more, so it happens for TypeScript only. Its cache on disk would surprise users.
  const { createJiti } = await import('jiti')
  return await createJiti(import.meta.url, { fsCache: false, interopDefault: false }).import(resolve(path))
}

/** Also of a module that was compiled to CommonJS, where `export default` is one level deeper. */
function readDefaultExport (module: object): unknown {
  const { default: exported } = module as { default?: unknown }
  const isMissing = exported === undefined || exported === null
  if (isMissing) throw new Error('has no default export; write "export default { ... }"')
  return typeof exported === 'object' && '__esModule' in exported ? readDefaultExport(exported) : exported
}

async function evaluate (exported: unknown): Promise<unknown> {
  return typeof exported === 'function' ? await exported() : exported
}

/** What went wrong, in one line; of a syntax error with its file and line, if these are known. */
function describeFailure (error: unknown, path: string): string {
  if (!(error instanceof Error)) return `threw ${String(error)}`
  const [message = ''] = error.message.replace(/^ParseError: /, '').split('\n')
  const position = findSyntaxError(error)
  if (position === undefined) return message.trim()
  const isOwn = position.file === path || position.file === pathToFileURL(path).href
  return `${isOwn ? '' : `${position.file}, `}line ${position.line}: ${message.trim()}`
}

/** Node writes `file:line` above the stack of a syntax error, jiti into the second line of its message. */
function findSyntaxError ({ name, stack, message }: Error): { file: string, line: string } | undefined {
  const match = name === 'SyntaxError'
    ? /^(\S.*):(\d+)\n/.exec(String(stack))
    : /^ParseError: .*\n *(\S.*):(\d+):\d+$/.exec(message)
  return match === null ? undefined : { file: match[1]!, line: match[2]! }
}

function createFault (path: string, message: string, cause?: unknown): GatewayConfigError {
  return Object.assign(createConfigError([{ path, message }]), { cause })
}
