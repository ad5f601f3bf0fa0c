import { type TSchema, Kind } from '@sinclair/typebox'
import { DURATION_PATTERN, parseDuration, parseSize, SIZE_PATTERN } from './units.ts'

interface WithProperties { properties: Record<string, TSchema> }

/** Node's timers take 31 bits; what is longer would run out at once. Nobody waits 24 days for the difference. */
const LONGEST = 2 ** 31 - 1

/** The properties of a schema that have a default. */
export function defaultsOf ({ properties }: WithProperties): Record<string, unknown> {
  return withoutUndefined(Object.fromEntries(Object.entries(properties).map(([name, property]) => [name, property.default])))
}

/**
 * A group of options, filled with its schema's defaults; durations in milliseconds, sizes in bytes.
 * @param schema - a TypeBox object
 * @param given - what the user wrote of it, valid; later ones win, property by property
 */
export function fillGroup<T> (schema: WithProperties, ...given: (object | undefined)[]): T {
  const entries = Object.entries(schema.properties).map(([name, property]) => {
    const values = given.map(object => (object as Record<string, unknown> | undefined)?.[name]).filter(value => value !== undefined)
    return [name, isGroup(property) ? fillGroup(property, ...values as object[]) : resolve(property, values.at(-1) ?? property.default)]
  })
  return withoutUndefined(Object.fromEntries(entries) as Record<string, unknown>) as T
}

/**
 * A group of options that `false` turns off. An app's own part wins, property by property; either may turn it off, and an
 * app turn it on again.
 * @param isOn - whether it is on where nobody says anything
 * @returns `null` when it is off
 */
export function fillSwitchable<T> (schema: WithProperties, isOn: boolean, shared: false | object | undefined, own: false | object | undefined): T | null {
  if (own === false || (own ?? shared ?? isOn) === false) return null
  return fillGroup(schema, shared === false ? undefined : shared, own)
}

/**
 * `fillGroup` for many: those who say nothing themselves have one object, which is frozen.
 * @param shared - what holds for all of them
 */
export function createGroupFiller<T> (schema: WithProperties, shared: object | undefined): (own: object | undefined) => T {
  const common = Object.freeze(fillGroup<T>(schema, shared))
  return own => own === undefined ? common : fillGroup(schema, shared, own)
}

/** `fillSwitchable` for many, in the same way. */
export function createSwitchableFiller<T> (schema: WithProperties, isOn: boolean, shared: false | object | undefined): (own: false | object | undefined) => T | null {
  const common = Object.freeze(fillSwitchable<T>(schema, isOn, shared, undefined))
  return own => own === undefined ? common : fillSwitchable(schema, isOn, shared, own)
}

/** A property that is there but `undefined` is one that was left out. */
function withoutUndefined (object: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined))
}

/** An object of options of their own; a record of whatever the user likes is a value. */
function isGroup (schema: TSchema): schema is TSchema & WithProperties {
  return schema[Kind] === 'Object'
}

function resolve ({ anyOf = [] }: TSchema, value: unknown): unknown {
  const patterns = (anyOf as TSchema[]).map(({ pattern }) => pattern as string | undefined)
  if (patterns.includes(DURATION_PATTERN)) return Math.min(parseDuration(value as string)!, LONGEST)
  if (patterns.includes(SIZE_PATTERN)) return Math.min(parseSize(value as string)!, LONGEST)
  return value
}
