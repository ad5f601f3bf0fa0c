import { mapOf, pathsOf, type Shape, shape } from './shape.ts'
import { METHODS } from './methods.ts'
import { externalDocs, info, schema, tag } from './schema-shape.ts'

const parameter = shape({ $ref: 'ref', schema })

const response = shape({ $ref: 'ref', schema })

const operation = shape({ externalDocs, parameters: parameter, responses: mapOf(response), schemes: 'schemes' })

const pathItem = shape({ $ref: 'ref', parameters: parameter, ...Object.fromEntries(METHODS.map(method => [method, operation])) })

/** A Swagger document of version 2.0. */
export const swaggerDocument: Shape = shape({
  info,
  externalDocs,
  tags: tag,
  paths: pathsOf(pathItem),
  definitions: mapOf(schema),
  parameters: mapOf(parameter),
  responses: mapOf(response),
  securityDefinitions: mapOf(shape({ authorizationUrl: 'url', tokenUrl: 'url' })),
})
