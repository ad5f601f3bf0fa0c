import { declare, define, mapOf, type Shape, shape } from './shape.ts'

export const externalDocs: Shape = shape({ url: 'url' })

export const info: Shape = shape({
  termsOfService: 'url',
  contact: shape({ url: 'url' }),
  license: shape({ url: 'url' }),
})

export const tag: Shape = shape({ externalDocs })

/** A JSON Schema of any draft that OpenAPI and Swagger build on. */
export const schema: Shape = declare()

const schemas = mapOf(schema)

define(schema, {
  $ref: 'ref',
  $id: 'ref',
  properties: schemas,
  patternProperties: schemas,
  additionalProperties: schema,
  unevaluatedProperties: schema,
  propertyNames: schema,
  dependentSchemas: schemas,
  dependencies: schemas,
  items: schema,
  prefixItems: schema,
  additionalItems: schema,
  unevaluatedItems: schema,
  contains: schema,
  contentSchema: schema,
  allOf: schema,
  anyOf: schema,
  oneOf: schema,
  not: schema,
  if: schema,
  then: schema,
  else: schema,
  $defs: schemas,
  definitions: schemas,
  discriminator: shape({ mapping: mapOf('ref') }),
  externalDocs,
})
