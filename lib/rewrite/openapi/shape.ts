/** The operations of a path item, of any version: `query` is of OpenAPI 3.2. */
export const METHODS: readonly string[] = [
  'get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace', 'query',
]

/** What is done with a property of an API document; see `rewriteOpenApi` and `rewriteSwagger`. */
export type Action =
  /** A key of `paths`. */
  | 'path'
  /** A URL to follow: the redirect rule. */
  | 'url'
  /** A URL of a part of this or another document. */
  | 'ref'
  /** A list of servers that addresses under `paths` are relative to. */
  | 'servers'
  /** The same, of operations that are not under `paths`. */
  | 'otherServers'
  /** The one server of a link. */
  | 'linkServer'
  /** Transfer protocols of an operation, Swagger 2.0. */
  | 'schemes'

/** A property: to act on, to descend into, or both. */
export interface Rule {
  action?: Action
  shape?: Shape
}

/**
 * The structure of one kind of object. What it does not name is data: examples, defaults, enumerations and extensions.
 */
export interface Shape {
  fields: ReadonlyMap<string, Rule>
  /** For every other property that `isOther` accepts by name. */
  others?: Rule | undefined
  isOther: (name: string) => boolean
}

/** An object with known properties; a property that is a list of objects is written as the object. */
export function shape (fields: Record<string, Action | Shape>): Shape {
  return {
    fields: new Map(Object.entries(fields).map(([name, rule]) => [name, toRule(rule)])),
    isOther: () => false,
  }
}

/** A map from names, which are data, to objects of one kind. */
export function mapOf (rule: Action | Shape): Shape {
  return { fields: new Map(), others: toRule(rule), isOther: () => true }
}

/** `paths`: a key that does not begin with a slash is an extension. */
export function pathsOf (item: Shape): Shape {
  return { fields: new Map(), others: { action: 'path', shape: item }, isOther: name => name.startsWith('/') }
}

/** Runtime expressions to path items. */
export function callbackOf (item: Shape): Shape {
  return {
    fields: new Map([['$ref', { action: 'ref' }]]),
    others: { shape: item },
    isOther: name => !name.startsWith('x-'),
  }
}

/** A shape that may contain itself: created empty, and filled by `define` when the shapes inside it exist. */
export function declare (): Shape {
  return shape({})
}

export function define (declared: Shape, fields: Record<string, Action | Shape>): void {
  declared.fields = shape(fields).fields
}

function toRule (rule: Action | Shape): Rule {
  return typeof rule === 'string' ? { action: rule } : { shape: rule }
}
