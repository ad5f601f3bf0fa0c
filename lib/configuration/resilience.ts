import { validateHeaderName, validateHeaderValue } from 'node:http'
import type { Problem } from '../errors.ts'
import { createGroupFiller, createSwitchableFiller } from '../options/fill-group.ts'
import type { FlagOptions } from '../options/location-flags.ts'
import { resilienceGroups } from '../options/resilience-flags.ts'
import { chooseFlag } from './flags.ts'
import type { HealthCheckRule, Limits, Location, OutlierRule, RetryRule, SlowStartRule } from '../location.ts'

type Resilience = Pick<Location, 'limits' | 'balancer' | 'healthCheck' | 'outlierDetection' | 'slowStart' | 'retry'>

/** An app or an extra proxy. */
export interface FlagOwner {
  flags: FlagOptions
  /** Put before the name of a flag, for problems: `apps[0].` */
  fieldBase: string
}

/**
 * Resolves the flags that choose an upstream for a request and that limit what its failures do.
 * @param shared - the flags of the top level
 * @param problems - gets values that contradict each other
 */
export function createResilienceBuilder (shared: FlagOptions, problems: Problem[]): (owner: FlagOwner) => Resilience {
  const groups = resilienceGroups
  const fillLimits = createGroupFiller<Limits>(groups.limits, shared.limits)
  const fillHealthCheck = createSwitchableFiller<HealthCheckRule>(groups.healthCheck, false, shared.healthCheck)
  const fillOutlierRule = createSwitchableFiller<OutlierRule>(groups.outlierDetection, true, shared.outlierDetection)
  const fillSlowStart = createSwitchableFiller<SlowStartRule>(groups.slowStart, false, shared.slowStart)
  const fillRetry = createSwitchableFiller<RetryRule>(groups.retry, true, shared.retry)

  return function buildResilience ({ flags, fieldBase }) {
    const resilience: Resilience = {
      limits: fillLimits(flags.limits),
      balancer: chooseFlag('balancer', flags, shared),
      healthCheck: fillHealthCheck(flags.healthCheck),
      outlierDetection: fillOutlierRule(flags.outlierDetection),
      slowStart: fillSlowStart(flags.slowStart),
      retry: fillRetry(flags.retry),
    }
    // A fault at the top level is one problem, however many locations it holds for.
    const createReport = (name: 'healthCheck' | 'outlierDetection') => (property: string, message: string) => {
      const path = `${flags[name] === undefined ? '' : fieldBase}${name}.${property}`
      if (!problems.some(problem => problem.path === path)) problems.push({ path, message })
    }
    if (resilience.healthCheck !== null) checkHealthCheck(resilience.healthCheck, createReport('healthCheck'))
    if (resilience.outlierDetection !== null) {
      checkOutlierRule(resilience.outlierDetection, createReport('outlierDetection'))
    }
    return resilience
  }
}

type Report = (property: string, message: string) => void

/** @param rule - filled, but without its `path` when the user gave none: the one property that has no default */
function checkHealthCheck (rule: Partial<HealthCheckRule> & Omit<HealthCheckRule, 'path'>, report: Report): void {
  const { path, interval, unhealthyInterval, timeout, expectedStatus: [first, last], headers } = rule
  if (path === undefined) report('path', 'is required: the path to request, such as "/health"')
  else if (!/^[!-~]*$/.test(path)) report('path', describeBadPath(path))
  if (first > last) report('expectedStatus', `must go from the lower to the higher, not [${first},${last}]`)
  for (const [name, milliseconds] of Object.entries({ interval, unhealthyInterval, timeout })) {
    if (milliseconds === 0) report(name, 'must be longer than 0')
  }
  for (const [name, value] of Object.entries(headers)) checkHeader(name, value, report)
}

function describeBadPath (path: string): string {
  return `must be written in the characters of a URL, not ${JSON.stringify(path)}; encode the others as "%20"`
}

function checkHeader (name: string, value: string, report: Report): void {
  try {
    validateHeaderName(name)
    validateHeaderValue(name, value)
  } catch {
    const header = `${JSON.stringify(name)}: ${JSON.stringify(value)}`
    report('headers', `${header} cannot be a header; use a token for the name, and no line break in the value`)
  }
}

function checkOutlierRule ({ baseEjectionTime, maxEjectionTime }: OutlierRule, report: Report): void {
  if (maxEjectionTime >= baseEjectionTime) return
  report('maxEjectionTime', `must be at least baseEjectionTime (${baseEjectionTime} ms), not ${maxEjectionTime} ms`)
}
