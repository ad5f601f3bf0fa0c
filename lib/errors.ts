import createError from '@fastify/error'
import { describeProblem } from './describe-problem.ts'

/** One thing that is wrong with the configuration, and where: `apps[0].prefix`. */
export interface Problem {
  /** Where it stands, as one would write it in JavaScript; empty for the whole. */
  path: string
  /** What is wrong with which value, and the remedy. */
  message: string
}

// Configuration

const ConfigError = createError<[string]>('GW_ERR_CONFIG', '%s', 500, TypeError)

/** Thrown before anything listens; `problems` holds everything that is wrong, not only the first. */
export interface GatewayConfigError extends TypeError {
  code: 'GW_ERR_CONFIG'
  problems: Problem[]
}

/**
 * The one error for everything that is wrong with a configuration.
 * @param problems - at least one
 */
export function createConfigError (problems: readonly Problem[]): GatewayConfigError {
  const error = new ConfigError(describeProblems(problems))
  return Object.assign(error, { problems: [...problems] }) as unknown as GatewayConfigError
}

function describeProblems (problems: readonly Problem[]): string {
  const lines = problems.map(describeProblem)
  if (lines.length === 1) return `Invalid gateway configuration: ${lines[0]}`
  return `Invalid gateway configuration, ${lines.length} problems:\n${lines.map(line => `  - ${line}`).join('\n')}`
}

type Cause = { cause?: unknown }

// The client's request

/** A request that two HTTP parsers could read differently (RFC 9112), or that cannot be forwarded as it is. */
export const BadRequestError = createError<[string, Cause?]>('GW_ERR_BAD_REQUEST', 'Malformed request: %s', 400)
/** The path would leave its prefix, or cannot be one. */
export const BadPathError = createError<[string, Cause?]>('GW_ERR_BAD_PATH', 'Malformed path: %s', 400)
/** The client stopped in the middle: nothing is held for it any longer. */
export const SlowClientError = createError<[string, Cause?]>('GW_ERR_BAD_REQUEST', 'The client is too slow: %s', 408)
/** The method is none for this location: TRACE, or CONNECT. */
export const MethodNotAllowedError = createError<[string, Cause?]>('GW_ERR_METHOD_NOT_ALLOWED', '%s is not allowed here', 405)
/** Another protocol is asked for where only HTTP is spoken. */
export const UpgradeRefusedError = createError<[Cause?]>('GW_ERR_UPGRADE_REFUSED', 'This app takes no WebSockets and no other upgrades', 403)
export const NoRouteError = createError<[Cause?]>('GW_ERR_NO_ROUTE', 'No app is mounted at this path', 404)
/** Never sent: the client is gone. It gives the log line its status, which is nginx's. */
export const ClientClosedError = createError<[Cause?]>('GW_ERR_CLIENT_CLOSED', 'The client closed the connection', 499)

// The upstream

export const UpstreamUnreachableError = createError<[string, Cause?]>('GW_ERR_UPSTREAM_UNREACHABLE', 'The app "%s" cannot be reached', 502)
export const BadUpstreamResponseError = createError<[string, Cause?]>('GW_ERR_BAD_UPSTREAM_RESPONSE', 'The app "%s" sent an answer that is not HTTP', 502)
export const NoUpstreamError = createError<[string, Cause?]>('GW_ERR_NO_UPSTREAM', 'The app "%s" has no upstream that takes requests', 503)
export const OverloadedError = createError<[string, Cause?]>('GW_ERR_OVERLOADED', 'The app "%s" has more requests than it can take', 503)
export const UpstreamTimeoutError = createError<[string, Cause?]>('GW_ERR_UPSTREAM_TIMEOUT', 'The app "%s" did not answer in time', 504)

/** An error of the gateway's own, with the status that answers it. */
export type GatewayError = Error & { code: string, statusCode?: number, cause?: unknown }
