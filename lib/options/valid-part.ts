import { type TSchema, Kind } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { nearestAlternative } from './check.ts'

/**
 * A copy of what is right in data that a user wrote, so that the rest of a faulty configuration can be checked too.
 * Unknown and wrong properties are missing from it, with what requires them; a wrong entry of a list is a hole.
 * @returns `undefined` when nothing of it can be used
 */
export function salvage (schema: TSchema, data: unknown): unknown {
  switch (schema[Kind]) {
    case 'Object': return salvageObject(schema, data)
    case 'Record': return salvageRecord(schema, data)
    case 'Array': return salvageArray(schema, data)
    case 'Union': return salvageUnion(schema, data)
    default: return Value.Check(schema, data) ? structuredClone(data) : undefined
  }
}

function salvageObject ({ properties, required = [] }: TSchema, data: unknown): object | undefined {
  if (!isPlain(data)) return undefined
  const kept = keep(Object.keys(properties as object), data, name => (properties as Record<string, TSchema>)[name]!)
  return (required as string[]).every(name => name in kept) ? kept : undefined
}

function salvageRecord ({ patternProperties }: TSchema, data: unknown): object | undefined {
  const [schema] = Object.values(patternProperties as Record<string, TSchema>)
  return isPlain(data) ? keep(Object.keys(data), data, () => schema!) : undefined
}

function salvageArray ({ items }: TSchema, data: unknown): unknown[] | undefined {
  if (!Array.isArray(data)) return undefined
  const kept: unknown[] = []
  kept.length = data.length
  for (const [index, entry] of data.entries()) {
    const value = salvage(items as TSchema, entry)
    if (value !== undefined) kept[index] = value
  }
  return kept
}

function salvageUnion (schema: TSchema, data: unknown): unknown {
  const alternatives = schema.anyOf as TSchema[]
  const meant = nearestAlternative(alternatives, data) ?? alternatives.find(alternative => Value.Check(alternative, data))
  return meant === undefined ? undefined : salvage(meant, data)
}

/** `Object.fromEntries()` makes `__proto__` an ordinary property; assigning it would not. */
function keep (names: readonly string[], data: Record<string, unknown>, schemaOf: (name: string) => TSchema): object {
  const entries = names.filter(name => Object.hasOwn(data, name)).map(name => [name, salvage(schemaOf(name), data[name])] as const)
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined))
}

function isPlain (data: unknown): data is Record<string, unknown> {
  return typeof data === 'object' && data !== null && !Array.isArray(data)
}
