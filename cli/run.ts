import { inspect } from 'node:util'
import { CommanderError } from 'commander'
import { createProgram } from './program.ts'
import { createTerminal } from './terminal.ts'

/**
 * Runs the command line to its end.
 * @param args - the arguments after the command's name
 * @returns the exit code: 0, or 1 after an error, which is printed on standard error
 */
export async function run (args: readonly string[]): Promise<number> {
  const terminal = createTerminal()
  let exitCode = 0
  try {
    await createProgram(terminal, code => { exitCode = code }).parseAsync(args, { from: 'user' })
    return exitCode
  } catch (error) {
    // commander has printed what it throws; --help is one of these, with the code 0.
    if (error instanceof CommanderError) return error.exitCode
    terminal.printError(describeError(error, args.includes('--debug')))
    return 1
  }
}

type ListenError = NodeJS.ErrnoException & { address?: string, port?: number, hostname?: string }

/** Faults of an address that cannot be listened on, with the remedy. */
const LISTEN_FAULTS: Record<string, (error: ListenError) => string> = {
  EADDRINUSE: ({ port }) =>
    `port ${port} is in use: stop what listens there, or choose another with --port (0 is any free one)`,
  EACCES: ({ port }) => `port ${port} may not be used by this user: choose one of 1024 and above with --port`,
  EADDRNOTAVAIL: ({ address }) => `${address} is no address of this machine: choose another with --host`,
  ENOTFOUND: ({ hostname }) => `${hostname} is no name of this machine: choose another with --host`,
  EAI_AGAIN: ({ hostname }) => `the name ${hostname} cannot be resolved: choose another with --host`,
}

/**
 * An error for the person who typed the command: one line, or a line for each problem of a configuration.
 * @param showsStack - with its stack, causes and properties, to find a bug
 */
export function describeError (error: unknown, showsStack: boolean): string {
  if (showsStack) return `error: ${inspect(error)}`
  return `error: ${describeMessage(error)}`
}

function describeMessage (error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { code = '', syscall } = error as ListenError
  const isListening = syscall === 'listen' || syscall === 'getaddrinfo'
  const describe = isListening ? LISTEN_FAULTS[code] : undefined
  if (describe !== undefined) return describe(error)
  return code === 'GW_ERR_CONFIG' ? error.message : error.message.split('\n', 1)[0]!
}
