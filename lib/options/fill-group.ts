import { type TSchema, Kind } from '@sinclair/typebox'
import { DURATION_PATTERN, parseDuration, parseSize, SIZE_PATTERN } from './units.ts'

interface Group { properties: Record<string, TSchema> }
/** As it was written: `false` turns the group off. */
type GivenGroup = false | object | undefined

/** Node's timers take 31 bits; a longer one would run out at once. 24 days are as good as no limit. */
const LONGEST = 2 ** 31 - 1

/** The properties of a schema that have a default, as users would write it. */
export function collectDefaults ({ properties }: Group): Record<string, unknown> {
  return withoutUndefined(Object.entries(properties).map(([name, property]) => [name, property.default]))
}

/**
 * A group of options, filled with its schema's defaults; durations in milliseconds, sizes in bytes.
 * @param schema - a TypeBox object
 * @param given - parts of it as users wrote them, valid; later ones win, property by property
 */
export function fillGroup<T> (schema: Group, ...given: (object | undefined)[]): T {
  return withoutUndefined(Object.entries(schema.properties).map(([name, property]) => {
    const values = given
      .map(object => (object as Record<string, unknown> | undefined)?.[name])
      .filter(value => value !== undefined)
    if (isGroup(property)) return [name, fillGroup(property, ...values as object[])]
    return [name, parseUnits(property, values.at(-1) ?? property.default)]
  })) as T
}

/**
 * A group of options that `false` turns off. An app's own part wins, property by property; either level may turn the
 * group off, and an app turns it on again.
 * @param isOn - whether it is on where neither level sets it
 * @returns `null` when it is off
 */
export function fillSwitchable<T> (schema: Group, isOn: boolean, shared: GivenGroup, own: GivenGroup): T | null {
  if (own === false || (own ?? shared ?? isOn) === false) return null
  return fillGroup(schema, shared === false ? undefined : shared, own)
}

/**
 * `fillGroup` for many apps: those without a part of their own share one object, which is frozen.
 * @param shared - what holds for all of them
 */
export function createGroupFiller<T> (schema: Group, shared: object | undefined): (own: object | undefined) => T {
  const common = Object.freeze(fillGroup<T>(schema, shared))
  return own => own === undefined ? common : fillGroup(schema, shared, own)
}

/** `fillSwitchable` for many apps, in the same way. */
export function createSwitchableFiller<T> (
  schema: Group, isOn: boolean, shared: GivenGroup
): (own: GivenGroup) => T | null {
  const common = Object.freeze(fillSwitchable<T>(schema, isOn, shared, undefined))
  return own => own === undefined ? common : fillSwitchable(schema, isOn, shared, own)
}

/** A property that is `undefined` counts as left out. */
function withoutUndefined (entries: (readonly [string, unknown])[]): Record<string, unknown> {
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined))
}

/** An object with named properties; a record with keys of the user's choice is a value. */
function isGroup (schema: TSchema): schema is TSchema & Group {
  return schema[Kind] === 'Object'
}

/** Durations and sizes as numbers; other values as they are. */
function parseUnits ({ anyOf = [] }: TSchema, value: unknown): unknown {
  const patterns = (anyOf as TSchema[]).map(({ pattern }) => pattern as string | undefined)
  if (patterns.includes(DURATION_PATTERN)) return Math.min(parseDuration(value as string)!, LONGEST)
  if (patterns.includes(SIZE_PATTERN)) return Math.min(parseSize(value as string)!, LONGEST)
  return value
}
