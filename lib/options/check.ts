import { type TSchema, Kind } from '@sinclair/typebox'
import { Value, type ValueError, ValueErrorType } from '@sinclair/typebox/value'
import type { Problem } from '../errors.ts'
import { describePattern } from './schema-parts.ts'
import { suggest } from './suggest.ts'

/**
 * Checks data that a user wrote against its schema.
 * @param path - put before the path of every problem, as it is: `apps/users/app.config.json: `; empty for the top level
 * @returns one problem per property, the most specific; empty when the data is valid
 */
export function checkShape (schema: TSchema, data: unknown, path = ''): Problem[] {
  const problems: Problem[] = []
  collect([...Value.Errors(schema, data)], path, problems)
  return problems
}

function collect (errors: ValueError[], base: string, problems: Problem[]): void {
  for (const error of errors) {
    const at = base + joinPropertyPath(splitPointer(error.path))
    const branch = findNearestBranch(error)
    if (branch !== undefined) collect(branch, base, problems)
    else if (!problems.some(({ path }) => path === at)) problems.push({ path: at, message: describe(error) })
  }
}

/**
 * The errors of the alternative of a union that the value was clearly meant for.
 * @returns `undefined` when the message of the union itself says more
 */
function findNearestBranch (error: ValueError): ValueError[] | undefined {
  if (error.type !== ValueErrorType.Union) return undefined
  const alternatives = error.schema.anyOf as TSchema[]
  const nearest = findNearestAlternative(alternatives, error.value)
  return nearest === undefined ? undefined : [...error.errors[alternatives.indexOf(nearest)]!]
}

/** The alternative of a union that a value was clearly meant for: the object for an object, the list for a list. */
export function findNearestAlternative (alternatives: readonly TSchema[], value: unknown): TSchema | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const kind = Array.isArray(value) ? 'Array' : 'Object'
  return alternatives.find(alternative => alternative[Kind] === kind)
}

function describe (error: ValueError): string {
  const { schema, type, value } = error
  if (type === ValueErrorType.ObjectAdditionalProperties) return describeUnknown(error)
  if (type === ValueErrorType.ObjectRequiredProperty) return `is required: ${schema.description ?? 'add it'}`
  return `must be ${describeExpected(schema)}, not ${showValue(value)}`
}

function describeUnknown ({ schema, path }: ValueError): string {
  const name = splitPointer(path).at(-1)!
  const known = Object.keys(schema.properties as object)
  const nearest = suggest(name, known)
  const list = known.filter(key => key !== '$schema').join(', ')
  const remedy = nearest === undefined ? `known are ${list}` : `did you mean "${nearest}"?`
  return `unknown option "${name}"; ${remedy}`
}

/** What a schema accepts, in words. */
function describeExpected (schema: TSchema): string {
  if (schema.anyOf !== undefined) return (schema.anyOf as TSchema[]).map(describeExpected).join(' or ')
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  switch (schema.type) {
    case 'integer': return `a whole number${describeRange(schema)}`
    case 'number': return `a number${describeRange(schema)}`
    case 'string': return describeText(schema)
    case 'boolean': return 'true or false'
    case 'array': return describeList(schema)
    default: return 'an object'
  }
}

function describeList ({ minItems = 0, maxItems }: TSchema): string {
  if (minItems === 0) return 'a list'
  return minItems === maxItems ? `a list of ${minItems}` : 'a list that is not empty'
}

function describeText ({ pattern, minLength }: TSchema): string {
  return pattern === undefined ? `a ${minLength === 1 ? 'non-empty ' : ''}string` : describePattern(pattern as string)
}

function describeRange ({ minimum, maximum }: TSchema): string {
  if (minimum === undefined) return ''
  return maximum === undefined ? ` of at least ${minimum}` : ` from ${minimum} to ${maximum}`
}

function showValue (value: unknown): string {
  if (value === undefined) return 'missing'
  if (typeof value === 'function') return 'a function'
  const text = typeof value === 'object' || typeof value === 'string' ? showData(value) : String(value)
  return text.length > 60 ? `${text.slice(0, 57)}...` : text
}

/** A module may export what is no data: JSON refuses circles and big integers. */
function showData (value: object | string | null): string {
  try {
    return JSON.stringify(value)
  } catch {
    return 'an object that is no JSON'
  }
}

/** The parts of a JSON pointer (RFC 6901): `/upstreams/a~1b` is `upstreams`, `a/b`. */
function splitPointer (pointer: string): string[] {
  return pointer.split('/').slice(1).map(part => part.replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** A property as JavaScript would name it: `apps`, `0`, `prefix` is `apps[0].prefix`. */
export function joinPropertyPath (parts: readonly string[]): string {
  return parts.reduce((path, part) => {
    if (/^\d+$/.test(part)) return `${path}[${part}]`
    if (!/^[$\w]+$/.test(part)) return `${path}[${JSON.stringify(part)}]`
    return path === '' ? part : `${path}.${part}`
  }, '')
}

/** Whether a problem is already reported for a property, or for one inside it. */
export function isReported (problems: readonly Problem[], path: string): boolean {
  const starts = [`${path}.`, `${path}[`]
  return problems.some(problem => problem.path === path || starts.some(start => problem.path.startsWith(start)))
}
