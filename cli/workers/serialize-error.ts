/** An error on its way from one process or thread to another, which keep of an `Error` only what every one has. */
export interface PlainError {
  message: string
  stack: string | undefined
  /** What else can be read of it: `code`, `syscall`, `port`, ... */
  details: Record<string, string | number>
}

export function toPlainError (error: unknown): PlainError {
  if (!(error instanceof Error)) return { message: String(error), stack: undefined, details: {} }
  const details = Object.entries(error).filter(([, value]) => typeof value === 'string' || typeof value === 'number')
  // The code of Fastify's errors is their prototype's.
  const { code } = error as NodeJS.ErrnoException
  return { message: error.message, stack: error.stack, details: { ...Object.fromEntries(details), ...(code !== undefined && { code }) } }
}

export function fromPlainError ({ message, stack, details }: PlainError): Error {
  return Object.assign(new Error(message), details, stack !== undefined && { stack })
}
