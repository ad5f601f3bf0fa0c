import { GatewaySchema } from '../lib/options/schema.ts'

/**
 * schema/gateway.schema.json: what a `gateway.config.json` names in its `$schema`, so that editors complete and check
 * it. TypeBox writes tuples as draft 7 does; its own marks are symbols, which JSON leaves out.
 */
export function renderSchema (): string {
  const schema = { $schema: 'http://json-schema.org/draft-07/schema#', ...GatewaySchema }
  return `${JSON.stringify(schema, null, 2)}\n`
}
