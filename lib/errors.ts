import createError from '@fastify/error'

// Configuration

/** One fault of the configuration, and where it is: `apps[0].prefix`. */
export interface Problem {
  /** The property as JavaScript would name it; empty for the whole configuration. */
  path: string
  /** What is wrong with which value, and the remedy. */
  message: string
}

/** A problem as one line of text: `apps[0].prefix: must be a string, not 1`. */
export function describeProblem ({ path, message }: Problem): string {
  return path === '' ? message : `${path}: ${message}`
}

const ConfigError = createError<[string]>('GW_ERR_CONFIG', '%s', 500, TypeError)

/** Thrown before anything listens; `problems` holds every fault, not only the first. */
export interface GatewayConfigError extends TypeError {
  code: 'GW_ERR_CONFIG'
  problems: Problem[]
}

/**
 * The one error for all faults of a configuration.
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

// The last argument of each error below: its `cause` goes to the log, never to the client.
type Cause = { cause?: unknown }
type AppError = [app: string, options?: Cause]

// The client's request

/** Two HTTP parsers could read the request differently (RFC 9112), or it cannot be forwarded as it is. */
export const BadRequestError = createError<[string, Cause?]>('GW_ERR_BAD_REQUEST', 'Malformed request: %s', 400)
/** The path would leave its prefix, or is no path at all. */
export const BadPathError = createError<[string, Cause?]>('GW_ERR_BAD_PATH', 'Malformed path: %s', 400)
/** The client stopped sending or reading in the middle of an exchange: its upstream is released. */
export const SlowClientError =
  createError<[string, Cause?]>('GW_ERR_BAD_REQUEST', 'The client is too slow: %s', 408)
/** The location does not take the method: TRACE, or CONNECT. */
export const MethodNotAllowedError =
  createError<[string, Cause?]>('GW_ERR_METHOD_NOT_ALLOWED', '%s is not allowed here', 405)
/** The client requests another protocol where only HTTP is spoken. */
export const UpgradeRefusedError =
  createError<[Cause?]>('GW_ERR_UPGRADE_REFUSED', 'This app takes no WebSockets and no other upgrades', 403)
/** No location has a prefix that the path is below. */
export const NoRouteError = createError<[Cause?]>('GW_ERR_NO_ROUTE', 'No app is mounted at this path', 404)
/** Never sent, as the client is gone: gives the log line its status, which is nginx's. */
export const ClientClosedError = createError<[Cause?]>('GW_ERR_CLIENT_CLOSED', 'The client closed the connection', 499)

// The upstream

/** No connection could be opened, or it broke before a response head. */
export const UpstreamUnreachableError =
  createError<AppError>('GW_ERR_UPSTREAM_UNREACHABLE', 'The app "%s" cannot be reached', 502)
/** The response is not HTTP, or breaks its own framing. */
export const BadUpstreamResponseError =
  createError<AppError>('GW_ERR_BAD_UPSTREAM_RESPONSE', 'The app "%s" sent an answer that is not HTTP', 502)
/** Every upstream is drained, unhealthy or ejected; or the gateway stops and its grace period is over. */
export const NoUpstreamError =
  createError<AppError>('GW_ERR_NO_UPSTREAM', 'The app "%s" has no upstream that takes requests', 503)
/** Every upstream is at capacity, and the pending queue is full or the request waited in it too long. */
export const OverloadedError =
  createError<AppError>('GW_ERR_OVERLOADED', 'The app "%s" has more requests than it can take', 503)
/** The connection, the response head or the end of the exchange took longer than `timeouts` allows. */
export const UpstreamTimeoutError =
  createError<AppError>('GW_ERR_UPSTREAM_TIMEOUT', 'The app "%s" did not answer in time', 504)

/** An error that the gateway itself makes, with the status of its response. */
export type GatewayError = Error & { code: string, statusCode?: number, cause?: unknown }
