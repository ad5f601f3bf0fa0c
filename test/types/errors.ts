import {
  BadPathError,
  BadRequestError,
  BadUpstreamResponseError,
  type GatewayConfigError,
  type GatewayError,
  MethodNotAllowedError,
  NoRouteError,
  NoUpstreamError,
  OverloadedError,
  type Problem,
  UpgradeRefusedError,
  UpstreamTimeoutError,
  UpstreamUnreachableError,
} from '../../index.ts'
import { expectType } from './expect.ts'

// Compiled by `npm run typecheck`, never run: what an error handler of the server may distinguish.

export function describe (error: unknown): string {
  if (error instanceof NoUpstreamError || error instanceof OverloadedError) return 'busy'
  if (
    error instanceof UpstreamUnreachableError ||
    error instanceof UpstreamTimeoutError ||
    error instanceof BadUpstreamResponseError
  ) { return expectString(error.code) }
  if (
    error instanceof BadPathError ||
    error instanceof BadRequestError ||
    error instanceof MethodNotAllowedError ||
    error instanceof UpgradeRefusedError
  ) { return error.message }
  if (error instanceof NoRouteError) return String(error.statusCode)
  return 'other'
}

function expectString (value: string): string {
  return value
}

declare const failure: GatewayError
expectType<string>(failure.code)
expectType<number | undefined>(failure.statusCode)
expectType<Error>(failure)

declare const invalid: GatewayConfigError
expectType<'GW_ERR_CONFIG'>(invalid.code)
expectType<TypeError>(invalid)
expectType<Problem[]>(invalid.problems)
expectType<string[]>(invalid.problems.map(({ path, message }) => `${path}: ${message}`))
// @ts-expect-error -- a configuration error is thrown when starting, and not sent
expectType<number>(invalid.statusCode)
