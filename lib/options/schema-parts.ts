import { type TProperties, type TSchema, Type } from '@sinclair/typebox'
import { TOKEN_CHARACTERS } from '../headers/token.ts'
import { DURATION_PATTERN, SIZE_PATTERN } from './units.ts'

/** The path of a resource. */
export const PATH_PATTERN = '^/'
/** A method (RFC 9110, 9.1). Methods are case-sensitive, and no registered one has a small letter. */
export const METHOD_PATTERN = '^[A-Z][A-Z-]*$'
/** The part of a request that a hash is taken of. A header name is a token (RFC 9110, 5.6.2). */
export const HASH_PATTERN = `^(?:ip|(?:header|cookie):[${TOKEN_CHARACTERS}]+)$`

const DESCRIPTIONS: Readonly<Record<string, string>> = {
  [DURATION_PATTERN]: 'a time such as "250ms", "10s" or "5m"',
  [SIZE_PATTERN]: 'a size such as "64KB" or "10MB"',
  [PATH_PATTERN]: 'a path, which begins with "/"',
  [METHOD_PATTERN]: 'a method such as "GET"',
  [HASH_PATTERN]: '"ip", "header:NAME" or "cookie:NAME"',
}

/** A pattern of the schema in words, for error messages. */
export function describePattern (pattern: string): string {
  return DESCRIPTIONS[pattern] ?? `a string that matches ${pattern}`
}

/** No other property is allowed, so that a typing error stops the start. */
export const closed = { additionalProperties: false }

/** Milliseconds, or a string with a unit. */
export const Duration = (description: string, defaultValue: string | number) => Type.Union([
  Type.Integer({ minimum: 0 }),
  Type.String({ pattern: DURATION_PATTERN })
], { description: `${description} Milliseconds, or "250ms", "10s", "5m".`, default: defaultValue })

/** Bytes, or a string with a unit. */
export const Size = (description: string, defaultValue: string) => Type.Union([
  Type.Integer({ minimum: 0 }),
  Type.String({ pattern: SIZE_PATTERN })
], { description: `${description} Bytes, or "64KB", "10MB".`, default: defaultValue })

export const Percent = (description: string, defaultValue: number) =>
  Type.Number({ minimum: 0, maximum: 100, description, default: defaultValue })

/** A whole number. */
export const Count = (description: string, defaultValue: number, minimum = 0) =>
  Type.Integer({ minimum, description, default: defaultValue })

/** A closed object whose properties are all optional. */
export const Optional = <T extends TProperties>(
  properties: T, options: { description?: string, default?: unknown } = {}
) => Type.Partial(Type.Object(properties), { ...options, ...closed })

/** A group of options that `false` turns off. */
export const Switchable = <T extends TSchema>(group: T, options: { description: string, default?: false }) =>
  Type.Optional(Type.Union([Type.Literal(false), group], options))
