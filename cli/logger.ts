import type { FastifyServerOptions } from 'fastify'

/**
 * How the gateway logs, always to standard output: one JSON object a line for machines, and coloured text where a person
 * looks at it.
 */
export async function createLogger ({ isInteractive, isDebug }: { isInteractive: boolean, isDebug: boolean }): Promise<FastifyServerOptions['logger']> {
  const level = isDebug ? 'debug' : 'info'
  if (!isInteractive) return { level }
  const { default: pretty } = await import('pino-pretty')
  // Synchronous, so that the lines stand in order with the table, and the last ones are not lost at exit.
  return { level, stream: pretty({ colorize: true, sync: true, singleLine: true, ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss.l' }) }
}
