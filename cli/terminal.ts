/** Where a command writes, and what that can show. */
export interface Terminal {
  /** For what was asked for: standard output. */
  print (text: string): void
  /** For what went wrong: standard error. */
  complain (text: string): void
  /** Whether a person looks at standard output, rather than a pipe or a file. */
  isInteractive: boolean
  /** Characters on a line of standard output. */
  width: number
  /** Text that stands out: a table's headings. */
  strong (text: string): string
}

/**
 * The terminal of this process. Where there is none, `COLUMNS` or 80 is its width; colours go only to a person, and not
 * where `NO_COLOR` is set (no-color.org).
 */
export function createTerminal ({ stdout, stderr, env }: NodeJS.Process = process): Terminal {
  ignoreClosedPipe(stdout)
  // Not false but undefined where it is a pipe or a file.
  const isInteractive = Boolean(stdout.isTTY)
  const hasColours = isInteractive && (env.NO_COLOR ?? '') === '' && env.TERM !== 'dumb'
  return {
    print (text) { stdout.write(`${text}\n`) },
    complain (text) { stderr.write(`${text}\n`) },
    isInteractive,
    width: widthOf(stdout, env.COLUMNS),
    strong: text => hasColours ? `\u001b[1m${text}\u001b[22m` : text,
  }
}

/** `fastify-gateway routes | head -1` closes our output before we are done, which is not an error. */
function ignoreClosedPipe (stdout: NodeJS.WriteStream): void {
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })
}

function widthOf ({ isTTY, columns }: NodeJS.WriteStream, wanted: string | undefined): number {
  const width = isTTY ? columns : Number(wanted)
  return width >= 40 ? width : 80
}
