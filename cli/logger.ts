import type { FastifyServerOptions } from 'fastify'

/**
 * Logger of the gateway, always to standard output: JSON, one object a line, for machines, and coloured text on an
 * interactive terminal.
 */
export async function createLogger (
  { isInteractive, isDebug }: { isInteractive: boolean, isDebug: boolean }
): Promise<FastifyServerOptions['logger']> {
  const level = isDebug ? 'debug' : 'info'
  if (!isInteractive) return { level }
  const { default: pretty } = await import('pino-pretty')
  const stream = pretty({
    colorize: true,
    // So that the lines stand in order with the routing table, and the last ones are not lost at exit.
    sync: true,
    singleLine: true,
    ignore: 'pid,hostname',
    translateTime: 'SYS:HH:MM:ss.l',
  })
  return { level, stream }
}
