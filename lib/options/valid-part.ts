import { type TSchema, Kind } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { findNearestAlternative } from './check.ts'

/**
 * A copy of the valid part of data that a user wrote, so that the rest of a faulty configuration can be checked too.
 * Unknown and wrong properties are left out, and so is an object that lacks a required one; a wrong entry of a list
 * becomes a hole.
 * @returns `undefined` when nothing of it is valid
 */
export function copyValidPart (schema: TSchema, data: unknown): unknown {
  switch (schema[Kind]) {
    case 'Object': return copyObject(schema, data)
    case 'Record': return copyRecord(schema, data)
    case 'Array': return copyArray(schema, data)
    case 'Union': return copyUnion(schema, data)
    default: return Value.Check(schema, data) ? structuredClone(data) : undefined
  }
}

function copyObject ({ properties, required = [] }: TSchema, data: unknown): object | undefined {
  if (!isPlain(data)) return undefined
  const schemas = properties as Record<string, TSchema>
  const kept = copyProperties(Object.keys(schemas), data, name => schemas[name]!)
  return (required as string[]).every(name => name in kept) ? kept : undefined
}

function copyRecord ({ patternProperties }: TSchema, data: unknown): object | undefined {
  const [schema] = Object.values(patternProperties as Record<string, TSchema>)
  return isPlain(data) ? copyProperties(Object.keys(data), data, () => schema!) : undefined
}

function copyArray ({ items }: TSchema, data: unknown): unknown[] | undefined {
  if (!Array.isArray(data)) return undefined
  const kept: unknown[] = []
  kept.length = data.length
  for (const [index, entry] of data.entries()) {
    const value = copyValidPart(items as TSchema, entry)
    if (value !== undefined) kept[index] = value
  }
  return kept
}

function copyUnion (schema: TSchema, data: unknown): unknown {
  const alternatives = schema.anyOf as TSchema[]
  const meant = findNearestAlternative(alternatives, data) ??
    alternatives.find(alternative => Value.Check(alternative, data))
  return meant === undefined ? undefined : copyValidPart(meant, data)
}

/** `Object.fromEntries()` makes `__proto__` an ordinary property; assigning it would not. */
function copyProperties (
  names: readonly string[], data: Record<string, unknown>, schemaOf: (name: string) => TSchema
): object {
  const entries = names
    .filter(name => Object.hasOwn(data, name))
    .map(name => [name, copyValidPart(schemaOf(name), data[name])] as const)
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined))
}

function isPlain (data: unknown): data is Record<string, unknown> {
  return typeof data === 'object' && data !== null && !Array.isArray(data)
}
