import { type Command, Option } from 'commander'
import { addTlsFlags, debugFlag, listenFlags } from './flags.ts'

/** What `serve-static` is told. */
export interface ServeStaticFlags {
  host: string
  port: number
  root: string
  apiPrefix: string
  apiTarget: string
  debug?: boolean
}

const flags: readonly Option[] = [
  ...listenFlags(8080),
  new Option('--root <folder>', 'the built files, with the index.html').default('./static', './static'),
  new Option('--api-prefix <prefix>', 'first part of the API\'s paths').default('/api', '/api'),
  new Option('--api-target <url>', 'where the API runs; a path in it is put before every other').default('http://127.0.0.1:8000', 'http://127.0.0.1:8000'),
  debugFlag,
]

export function addServeStaticFlags (command: Command): Command {
  for (const option of flags) command.addOption(option)
  return addTlsFlags(command)
}
