import { type TSchema, Kind } from '@sinclair/typebox'
import { Value, type ValueError, ValueErrorType } from '@sinclair/typebox/value'
import type { Problem } from '../errors.ts'
import { describePattern } from './patterns.ts'
import { suggest } from './suggest.ts'

/**
 * Checks data that a user wrote against its schema.
 * @param path - put before every problem's own path, as it is: `apps/users/app.config.json: `; empty for the top
 * @returns every problem, the most specific of each place; empty when the data is valid
 */
export function checkShape (schema: TSchema, data: unknown, path = ''): Problem[] {
  const problems: Problem[] = []
  collect([...Value.Errors(schema, data)], path, problems)
  return problems
}

function collect (errors: ValueError[], base: string, problems: Problem[]): void {
  for (const error of errors) {
    const at = base + propertyPath(pointerParts(error.path))
    const branch = nearestBranch(error)
    if (branch !== undefined) collect(branch, base, problems)
    else if (!problems.some(({ path }) => path === at)) problems.push({ path: at, message: describe(error) })
  }
}

/** Of a union, the errors of the alternative that the value was clearly meant for; `undefined` when the union's own message says more. */
function nearestBranch (error: ValueError): ValueError[] | undefined {
  if (error.type !== ValueErrorType.Union) return undefined
  const alternatives = error.schema.anyOf as TSchema[]
  const nearest = nearestAlternative(alternatives, error.value)
  return nearest === undefined ? undefined : [...error.errors[alternatives.indexOf(nearest)]!]
}

/** The alternative of a union that a value was clearly meant for: the object when it is an object, the list when it is a list. */
export function nearestAlternative (alternatives: readonly TSchema[], value: unknown): TSchema | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const kind = Array.isArray(value) ? 'Array' : 'Object'
  return alternatives.find(alternative => alternative[Kind] === kind)
}

function describe (error: ValueError): string {
  const { schema, type, value } = error
  if (type === ValueErrorType.ObjectAdditionalProperties) return describeUnknown(error)
  if (type === ValueErrorType.ObjectRequiredProperty) return `is required: ${schema.description ?? 'add it'}`
  return `must be ${expectation(schema)}, not ${show(value)}`
}

function describeUnknown ({ schema, path }: ValueError): string {
  const name = pointerParts(path).at(-1)!
  const known = Object.keys(schema.properties as object)
  const nearest = suggest(name, known)
  const remedy = nearest === undefined ? `known are ${known.filter(key => key !== '$schema').join(', ')}` : `did you mean "${nearest}"?`
  return `unknown option "${name}"; ${remedy}`
}

/** What a schema asks for, in words. */
function expectation (schema: TSchema): string {
  if (schema.anyOf !== undefined) return (schema.anyOf as TSchema[]).map(expectation).join(' or ')
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  switch (schema.type) {
    case 'integer': return `a whole number${range(schema)}`
    case 'number': return `a number${range(schema)}`
    case 'string': return text(schema)
    case 'boolean': return 'true or false'
    case 'array': return schema.minItems === schema.maxItems && schema.minItems > 0 ? `a list of ${schema.minItems}` : schema.minItems > 0 ? 'a list that is not empty' : 'a list'
    default: return 'an object'
  }
}

function text ({ pattern, minLength }: TSchema): string {
  return pattern === undefined ? `a ${minLength === 1 ? 'non-empty ' : ''}string` : describePattern(pattern as string)
}

function range ({ minimum, maximum }: TSchema): string {
  if (minimum === undefined) return ''
  return maximum === undefined ? ` of at least ${minimum}` : ` from ${minimum} to ${maximum}`
}

function show (value: unknown): string {
  if (value === undefined) return 'missing'
  if (typeof value === 'function') return 'a function'
  const text = typeof value === 'object' || typeof value === 'string' ? showData(value) : String(value)
  return text.length > 60 ? `${text.slice(0, 57)}...` : text
}

/** What a module exports may be no data at all: JSON refuses circles and big integers. */
function showData (value: object | string | null): string {
  try {
    return JSON.stringify(value)
  } catch {
    return 'an object that is no JSON'
  }
}

/** The parts of a JSON pointer (RFC 6901): `/upstreams/a~1b` is `upstreams`, `a/b`. */
function pointerParts (pointer: string): string[] {
  return pointer.split('/').slice(1).map(part => part.replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** A place as one would write it in JavaScript: `apps`, `0`, `prefix` is `apps[0].prefix`. */
export function propertyPath (parts: readonly string[]): string {
  return parts.reduce((path, part) => {
    if (/^\d+$/.test(part)) return `${path}[${part}]`
    if (!/^[$\w]+$/.test(part)) return `${path}[${JSON.stringify(part)}]`
    return path === '' ? part : `${path}.${part}`
  }, '')
}

/** Whether something is already said to be wrong at a place, or below it. */
export function isReported (problems: readonly Problem[], path: string): boolean {
  return problems.some(problem => problem.path === path || problem.path.startsWith(`${path}.`) || problem.path.startsWith(`${path}[`))
}
