import { type TProperties, Type } from '@sinclair/typebox'
import { DURATION_PATTERN, SIZE_PATTERN } from './units.ts'

/** No other property: a typing error stops the start. */
export const closed = { additionalProperties: false }

export const Duration = (description: string, defaultValue: string | number) => Type.Union([
  Type.Integer({ minimum: 0 }),
  Type.String({ pattern: DURATION_PATTERN })
], { description: `${description} Milliseconds, or "250ms", "10s", "5m".`, default: defaultValue })

export const Size = (description: string, defaultValue: string) => Type.Union([
  Type.Integer({ minimum: 0 }),
  Type.String({ pattern: SIZE_PATTERN })
], { description: `${description} Bytes, or "64KB", "10MB".`, default: defaultValue })

export const Percent = (description: string, defaultValue: number) =>
  Type.Number({ minimum: 0, maximum: 100, description, default: defaultValue })

/** A whole number. */
export const Count = (description: string, defaultValue: number, minimum = 0) =>
  Type.Integer({ minimum, description, default: defaultValue })

/** A closed object in which everything may be left out. */
export const Optional = <T extends TProperties>(properties: T, options: { description?: string, default?: unknown } = {}) =>
  Type.Partial(Type.Object(properties), { ...options, ...closed })
