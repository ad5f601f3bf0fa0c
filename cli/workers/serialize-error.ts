/**
 * An error on its way to another process or thread, where a copied `Error` would lose all but its standard properties.
 */
export interface SerializedError {
  message: string
  stack: string | undefined
  /** Its other properties: `code`, `syscall`, `port`, ... */
  details: Record<string, string | number>
}

export function serializeError (error: unknown): SerializedError {
  if (!(error instanceof Error)) return { message: String(error), stack: undefined, details: {} }
  const { message, stack, code } = error as NodeJS.ErrnoException
  const details = Object.entries(error).filter(([, value]) => typeof value === 'string' || typeof value === 'number')
  // `code` is named, because Fastify's errors have it in their prototype.
  return { message, stack, details: { ...Object.fromEntries(details), ...(code !== undefined && { code }) } }
}

export function deserializeError ({ message, stack, details }: SerializedError): Error {
  return Object.assign(new Error(message), details, stack !== undefined && { stack })
}
