import { CommanderError } from 'commander'
import { describeError } from './describe-error.ts'
import { createProgram } from './program.ts'
import { createTerminal } from './terminal.ts'

/**
 * Runs the command line to its end.
 * @param args - what stands behind the command's name
 * @returns the exit code: 0, or 1 when something went wrong, which is then told on standard error
 */
export async function run (args: readonly string[]): Promise<number> {
  const terminal = createTerminal()
  let exitCode = 0
  try {
    await createProgram(terminal, code => { exitCode = code }).parseAsync(args, { from: 'user' })
    return exitCode
  } catch (error) {
    // What commander throws it has told by itself; asking for help is one of them, with the code 0.
    if (error instanceof CommanderError) return error.exitCode
    terminal.complain(describeError(error, args.includes('--debug')))
    return 1
  }
}
