import { externalDocs, info, schema, tag } from './schema-shape.ts'
import { callbackOf, declare, define, mapOf, METHODS, pathsOf, type Shape, shape } from './shape.ts'

const example = shape({ $ref: 'ref', externalValue: 'url' })

const mediaType = declare()
const encoding = declare()

/** Parameters and headers. */
const parameter = shape({ $ref: 'ref', schema, content: mapOf(mediaType), examples: mapOf(example) })

const encodings = { encoding: mapOf(encoding), prefixEncoding: encoding, itemEncoding: encoding }

define(encoding, { headers: mapOf(parameter), ...encodings })
define(mediaType, { $ref: 'ref', schema, itemSchema: schema, examples: mapOf(example), ...encodings })

const requestBody = shape({ $ref: 'ref', content: mapOf(mediaType) })

const link = shape({ $ref: 'ref', operationRef: 'ref', server: 'linkServer' })

const response = shape({ $ref: 'ref', headers: mapOf(parameter), content: mapOf(mediaType), links: mapOf(link) })

const flow = shape({ authorizationUrl: 'url', tokenUrl: 'url', refreshUrl: 'url', deviceAuthorizationUrl: 'url' })

const securityScheme = shape({ $ref: 'ref', flows: mapOf(flow), openIdConnectUrl: 'url', oauth2MetadataUrl: 'url' })

/** Webhooks, callbacks and components: their keys are not paths of the app. */
const otherPathItem = declare()
const callback = callbackOf(otherPathItem)

definePathItem(otherPathItem, 'otherServers')
const pathItem = declare()
definePathItem(pathItem, 'servers')

function definePathItem (declared: Shape, servers: 'servers' | 'otherServers'): void {
  const operation = shape({
    externalDocs,
    parameters: parameter,
    requestBody,
    responses: mapOf(response),
    callbacks: mapOf(callback),
    servers,
  })
  const methods = Object.fromEntries(METHODS.map(method => [method, operation]))
  define(declared, { $ref: 'ref', servers, parameters: parameter, ...methods, additionalOperations: mapOf(operation) })
}

/** An OpenAPI document of version 3.0, 3.1 or 3.2. */
export const openApiDocument: Shape = shape({
  $self: 'ref',
  info,
  externalDocs,
  tags: tag,
  servers: 'servers',
  paths: pathsOf(pathItem),
  webhooks: mapOf(otherPathItem),
  components: shape({
    schemas: mapOf(schema),
    responses: mapOf(response),
    parameters: mapOf(parameter),
    examples: mapOf(example),
    requestBodies: mapOf(requestBody),
    headers: mapOf(parameter),
    securitySchemes: mapOf(securityScheme),
    links: mapOf(link),
    callbacks: mapOf(callback),
    pathItems: mapOf(otherPathItem),
    mediaTypes: mapOf(mediaType),
  }),
})
