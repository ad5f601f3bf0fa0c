import { CommanderError } from 'commander'
import { describeError } from './describe-error.ts'
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
