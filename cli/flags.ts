import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import { type Command, InvalidArgumentError, Option } from 'commander'
import type { GatewayOptions } from '../lib/options/schema.ts'
import { addUpstreamFlag, parseUpstreamFlag } from './upstream-flag.ts'

/** A flag that sets an option of the gateway, and overrides the configuration file. */
interface OverrideFlag {
  sets: keyof GatewayOptions
  /** Property of a group; its other properties are left to the file. */
  property?: string
  option: Option
}

const configFlag = new Option(
  '--config <file>',
  'configuration file (default: gateway.config.json, .js, .mjs or .ts in the working directory)'
)

/** Flags of every command that serves or checks. */
const tlsFlags: readonly OverrideFlag[] = [
  {
    sets: 'tls',
    property: 'cert',
    option: new Option('--tls-cert <file>', 'serve HTTPS and HTTP/2 with this certificate; with --tls-key')
      .argParser(toAbsolute),
  },
  { sets: 'tls', property: 'key', option: new Option('--tls-key <file>', 'its private key').argParser(toAbsolute) },
]

/** Flags of every command that reads the configuration. A new one needs an entry here only. */
const overrideFlags: readonly OverrideFlag[] = [
  {
    sets: 'upstreams',
    option: new Option(
      '--upstream <prefix=addr>',
      'where the app with a prefix runs: PREFIX=ADDR[*WEIGHT][,ADDR[*WEIGHT]...]; may be repeated'
    ).argParser(collectUpstreams),
  },
  {
    sets: 'defaultUpstream',
    option: new Option(
      '--default-upstream <host>',
      'host of the apps whose upstream is not named (default: 127.0.0.1)'
    ),
  },
  {
    sets: 'fastapiRedirect',
    option: new Option('--fastapi-redirect', 'follow an app\'s own 307 and 308 inside the gateway'),
  },
  { sets: 'redirectCache', option: new Option('--no-redirect-cache', 'do not remember where a path led') },
  { sets: 'addSlashes', option: new Option('--add-slashes', 'add a trailing slash to the path that an app gets') },
  ...tlsFlags,
]

/** Flags of every command that listens. */
function listenFlags (port: number): Option[] {
  return [
    new Option('--host <address>', 'address to listen on; 0.0.0.0 or :: is all').default('127.0.0.1', '127.0.0.1'),
    new Option('--port <number>', 'port to listen on; 0 is a free one').default(port).argParser(parsePort),
  ]
}

const debugFlag = new Option('--debug', 'log more, and show the stack of an error')

/** Flags of `start`, besides those of the configuration. */
const startFlags: readonly Option[] = [
  ...listenFlags(8000),
  new Option('--workers <number>', 'run it in so many processes that share the port; auto is one a core')
    .argParser(parseWorkers),
  debugFlag,
  new Option('--demo', 'start four example apps, and the gateway in front of them').conflicts('config'),
]

/** Flags of `serve-static`, besides those of the certificate. */
const serveStaticFlags: readonly Option[] = [
  ...listenFlags(8080),
  new Option('--root <folder>', 'the built files, with the index.html').default('./static', './static'),
  new Option('--api-prefix <prefix>', 'first part of the API\'s paths').default('/api', '/api'),
  new Option('--api-target <url>', 'where the API runs; a path in it is put before every other')
    .default('http://127.0.0.1:8000', 'http://127.0.0.1:8000'),
  debugFlag,
]

/** Values of the flags of `start`, besides its configuration. */
export interface StartFlags {
  host: string
  port: number
  debug?: boolean
  demo?: boolean
  /** Number of processes that serve, besides the primary that supervises them; `undefined` serves in this process. */
  workers?: number
}

/** Values of the flags of `serve-static`. */
export interface ServeStaticFlags {
  host: string
  port: number
  root: string
  apiPrefix: string
  apiTarget: string
  debug?: boolean
}

/** Where a command's configuration comes from. */
export interface ConfigurationSource {
  /** `--config`; `false` for no file at all. */
  config: string | false | undefined
  /** Only options that were given as flags: the default of a flag must not override the file. */
  overrides: GatewayOptions
}

export function addConfigurationFlags (command: Command): Command {
  command.addOption(configFlag)
  for (const { option } of overrideFlags) command.addOption(option)
  return command
}

export function addStartFlags (command: Command): Command {
  for (const option of startFlags) command.addOption(option)
  return command
}

export function readConfigurationFlags (command: Command): ConfigurationSource {
  const config = command.getOptionValue('config') as string | undefined
  return { config, overrides: readOverrides(command, overrideFlags) }
}

export function addServeStaticFlags (command: Command): Command {
  for (const option of serveStaticFlags) command.addOption(option)
  for (const { option } of tlsFlags) command.addOption(option)
  return command
}

/** `{ tls: { cert, key } }`, with the properties that were given. */
export function readTlsFlags (command: Command): GatewayOptions {
  return readOverrides(command, tlsFlags)
}

function readOverrides (command: Command, flags: readonly OverrideFlag[]): GatewayOptions {
  const overrides: Record<string, unknown> = {}
  for (const { sets, property, option } of flags) {
    const name = option.attributeName()
    if (command.getOptionValueSource(name) !== 'cli') continue
    const value: unknown = command.getOptionValue(name)
    overrides[sets] = property === undefined ? value : { ...overrides[sets] as object | undefined, [property]: value }
  }
  return overrides
}

function collectUpstreams (text: string, known: GatewayOptions['upstreams']): GatewayOptions['upstreams'] {
  const flag = parseUpstreamFlag(text)
  if (typeof flag === 'string') throw new InvalidArgumentError(flag)
  return addUpstreamFlag(known, flag)
}

/** A file in a flag is relative to the working directory; one in an option, to the configuration file. */
function toAbsolute (file: string): string {
  return resolve(file)
}

function parsePort (text: string): number {
  const port = /^\d+$/.test(text) ? Number(text) : NaN
  if (!(port <= 65535)) throw new InvalidArgumentError('A port is a whole number from 0 to 65535.')
  return port
}

/** More than any machine can use. Each worker takes some 60 MB, and the primary hands every connection over. */
const MAX_WORKERS = 256

function parseWorkers (text: string): number {
  if (text === 'auto') return Math.min(availableParallelism(), MAX_WORKERS)
  const count = /^\d+$/.test(text) ? Number(text) : NaN
  if (count >= 1 && count <= MAX_WORKERS) return count
  throw new InvalidArgumentError(`Write a whole number from 1 to ${MAX_WORKERS}, or auto for one a core.`)
}
