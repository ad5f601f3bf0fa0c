/** The operations of a path item, of any version: `query` is of OpenAPI 3.2. */
export const METHODS: readonly string[] = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace', 'query']
