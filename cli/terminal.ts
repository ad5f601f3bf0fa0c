/** Where a command writes, and what is known of it. */
export interface Terminal {
  /** For results: standard output. */
  print (text: string): void
  /** For errors and warnings: standard error. */
  printError (text: string): void
  /** Whether standard output is a terminal, rather than a pipe or a file. */
  isInteractive: boolean
  /** Characters on a line of standard output. */
  width: number
  /** Text in bold, where colours are supported. */
  bold (text: string): string
}

/**
 * The terminal of this process. Without one, the width is `COLUMNS` or 80; colours are for terminals only, and not
 * where `NO_COLOR` is set (no-color.org).
 */
export function createTerminal ({ stdout, stderr, env }: NodeJS.Process = process): Terminal {
  ignoreClosedPipe(stdout)
  // `isTTY` of a pipe or a file is not false but undefined.
  const isInteractive = Boolean(stdout.isTTY)
  const hasColours = isInteractive && (env.NO_COLOR ?? '') === '' && env.TERM !== 'dumb'
  return {
    print (text) { stdout.write(`${text}\n`) },
    printError (text) { stderr.write(`${text}\n`) },
    isInteractive,
    width: readWidth(stdout, env.COLUMNS),
    bold: text => hasColours ? `\u001b[1m${text}\u001b[22m` : text,
  }
}

/** `fastify-gateway routes | head -1` closes the output before all is written, which is no error. */
function ignoreClosedPipe (stdout: NodeJS.WriteStream): void {
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })
}

function readWidth ({ isTTY, columns }: NodeJS.WriteStream, given: string | undefined): number {
  const width = isTTY ? columns : Number(given)
  return width >= 40 ? width : 80
}
