import { validateHeaderName, validateHeaderValue } from 'node:http'
import type { Problem } from '../errors.ts'
import { type FlagOptions, GatewaySchema } from '../options/schema.ts'
import { createGroupFiller, createSwitchableFiller } from '../options/fill-group.ts'
import { resilienceGroups } from '../options/resilience-flags.ts'
import type { HealthCheckRule, Location, OutlierRule } from './types.ts'

type Resilience = Pick<Location, 'limits' | 'balancer' | 'healthCheck' | 'outlierDetection' | 'slowStart' | 'retry'>

/** What a location says of itself. */
export interface ResilienceSource {
  flags: FlagOptions
  /** Where its flags stand: `apps[0].` */
  fieldBase: string
}

/**
 * Makes what tells who gets the requests of a location, and what happens when that goes wrong.
 * @param shared - what the top level says for all
 * @param problems - gets what contradicts itself
 */
export function createResilienceBuilder (shared: FlagOptions, problems: Problem[]): (source: ResilienceSource) => Resilience {
  const fillLimits = createGroupFiller<Resilience['limits']>(resilienceGroups.limits, shared.limits)
  const fillHealthCheck = createSwitchableFiller<HealthCheckRule>(resilienceGroups.healthCheck, false, shared.healthCheck)
  const fillOutlierDetection = createSwitchableFiller<OutlierRule>(resilienceGroups.outlierDetection, true, shared.outlierDetection)
  const fillSlowStart = createSwitchableFiller<NonNullable<Resilience['slowStart']>>(resilienceGroups.slowStart, false, shared.slowStart)
  const fillRetry = createSwitchableFiller<NonNullable<Resilience['retry']>>(resilienceGroups.retry, true, shared.retry)

  return function buildResilience ({ flags, fieldBase }) {
    const resilience: Resilience = {
      limits: fillLimits(flags.limits),
      balancer: flags.balancer ?? shared.balancer ?? GatewaySchema.properties.balancer.default as Location['balancer'],
      healthCheck: fillHealthCheck(flags.healthCheck),
      outlierDetection: fillOutlierDetection(flags.outlierDetection),
      slowStart: fillSlowStart(flags.slowStart),
      retry: fillRetry(flags.retry),
    }
    // What the top level says is wrong once, however many locations it holds for.
    const report = (name: 'healthCheck' | 'outlierDetection', property: string, message: string) => {
      const path = `${flags[name] === undefined ? '' : fieldBase}${name}.${property}`
      if (!problems.some(problem => problem.path === path)) problems.push({ path, message })
    }
    if (resilience.healthCheck !== null) checkProbes(resilience.healthCheck, (...fault) => report('healthCheck', ...fault))
    if (resilience.outlierDetection !== null) checkEjection(resilience.outlierDetection, (...fault) => report('outlierDetection', ...fault))
    return resilience
  }
}

type Report = (property: string, message: string) => void

function checkProbes ({ path, interval, unhealthyInterval, timeout, expectedStatus: [first, last], headers }: Partial<HealthCheckRule> & Omit<HealthCheckRule, 'path'>, report: Report): void {
  if (path === undefined) report('path', 'is required: what is asked for, such as "/health"')
  else if (!/^[!-~]*$/.test(path)) report('path', `must be written in the characters of a URL, not ${JSON.stringify(path)}; encode the others as "%20"`)
  if (first > last) report('expectedStatus', `must go from the lower to the higher, not [${first},${last}]`)
  for (const [name, milliseconds] of Object.entries({ interval, unhealthyInterval, timeout })) {
    if (milliseconds === 0) report(name, 'must be longer than 0')
  }
  for (const [name, value] of Object.entries(headers)) checkHeader(name, value, report)
}

function checkHeader (name: string, value: string, report: Report): void {
  try {
    validateHeaderName(name)
    validateHeaderValue(name, value)
  } catch {
    report('headers', `${JSON.stringify(name)}: ${JSON.stringify(value)} cannot be a header; use a token for the name, and no line break in the value`)
  }
}

function checkEjection ({ baseEjectionTime, maxEjectionTime }: OutlierRule, report: Report): void {
  if (maxEjectionTime < baseEjectionTime) report('maxEjectionTime', `must be at least baseEjectionTime (${baseEjectionTime} ms), not ${maxEjectionTime} ms`)
}
