import { readFile } from 'node:fs/promises'
import t from 'tap'
import { documentFormatOf, MAX_YAML_BYTES, rewriteContent } from '../../../lib/rewrite/content.ts'
import { createContext } from './openapi/context.ts'

const formats: { name: string, type: string | undefined, path?: string, format: 'json' | 'yaml' | undefined }[] = [
  { name: 'JSON', type: 'application/json', format: 'json' },
  { name: 'JSON with a parameter, in capitals', type: 'Application/JSON ; charset=utf-8', format: 'json' },
  { name: 'JSON as text', type: 'text/json', format: 'json' },
  { name: 'the type of OpenAPI in JSON', type: 'application/vnd.oai.openapi+json;version=3.0', format: 'json' },
  { name: 'YAML', type: 'application/yaml', format: 'yaml' },
  { name: 'YAML before it was registered', type: 'text/x-yaml', format: 'yaml' },
  { name: 'YAML as others wrote it', type: 'application/x-yaml', format: 'yaml' },
  { name: 'the type of OpenAPI in YAML', type: 'application/openapi+yaml', format: 'yaml' },
  { name: 'the type of OpenAPI as springdoc has it', type: 'application/vnd.oai.openapi;charset=utf-8', format: 'yaml' },
  { name: 'text that is called YAML', type: 'text/plain', path: '/spec/openapi.yml', format: 'yaml' },
  { name: 'bytes that are called YAML', type: 'application/octet-stream', path: '/openapi.yaml', format: 'yaml' },
  { name: 'text at a path that ends so', type: 'text/plain', path: '/documentation/yaml', format: 'yaml' },
  { name: 'other text', type: 'text/plain', path: '/yaml/x', format: 'json' },
  { name: 'HTML', type: 'text/html', format: undefined },
  { name: 'another kind of JSON', type: 'application/json-seq', format: undefined },
  { name: 'another kind of text, called YAML', type: 'text/markdown', path: '/a.yaml', format: undefined },
  { name: 'a longer type', type: 'application/vnd.oai.openapi.x', format: undefined },
  { name: 'no type', type: undefined, path: '/openapi.yaml', format: undefined },
]

for (const { name, type, path = '/x', format } of formats) {
  t.test(`the format of a document: ${name}`, async t => {
    t.equal(documentFormatOf(type, path), format)
  })
}

const optionsAt = (documentPath: string) => ({ mode: 'paths' as const, url: createContext(), documentPath, origin: 'http://gw.example:8000' })

const jsonDocument = '{"openapi":"3.0.0","info":{},"paths":{"/x":{}}}'
const yamlDocument = 'openapi: 3.0.0\npaths:\n  /x: {}\n'

const rows: { name: string, text: string, type: string, path?: string, expected: RegExp | undefined }[] = [
  { name: 'a document in JSON', text: jsonDocument, type: 'application/json', expected: /"\/users\/x":/ },
  { name: 'a document in YAML', text: yamlDocument, type: 'application/yaml', expected: /^ {2}"?\/users\/x"?: / },
  { name: 'a document in text that is called YAML', text: yamlDocument, type: 'text/plain', path: '/openapi.yaml', expected: /\/users\/x/ },
  { name: 'YAML that is called JSON', text: yamlDocument, type: 'application/json', expected: undefined },
  { name: 'other JSON', text: '{"paths":{"/x":{}}}', type: 'application/json', expected: undefined },
  { name: 'a document that is not valid', text: jsonDocument.slice(0, -1), type: 'application/json', expected: undefined },
  { name: 'a document in a type that is none of a document\'s', text: jsonDocument, type: 'image/png', expected: undefined },
  { name: 'springdoc\'s settings, which are JSON, too', text: '{"configUrl":"/v3/api-docs/swagger-config","url":"/v3/api-docs","oauth2RedirectUrl":"http://127.0.0.1:9001/swagger-ui/oauth2-redirect.html"}', type: 'application/json', path: '/v3/api-docs/swagger-config', expected: /"url":"\/users\/v3\/api-docs"/ },
  { name: 'other HTML', text: '<html><a href="/x">x</a></html>', type: 'text/html', expected: undefined },
]

for (const { name, text, type, path = '/openapi.json', expected } of rows) {
  t.test(`content behind the gateway: ${name}`, async t => {
    const result = rewriteContent(text, type, optionsAt(path))
    if (expected === undefined) t.equal(result, undefined)
    else t.match(result?.split('\n').find(line => expected.test(line)), expected)
  })
}

t.test('content behind the gateway: a page', async t => {
  const page = await readFile(new URL('../../fixtures/pages/fastapi-docs.html', import.meta.url), 'utf8')
  t.match(rewriteContent(page, 'text/html; charset=utf-8', optionsAt('/docs')), /url: '\/users\/openapi\.json'/)
})

t.test('a YAML document that would take long to read is passed on, one in JSON is not', async t => {
  const yaml = `${yamlDocument}#${' '.repeat(MAX_YAML_BYTES - yamlDocument.length - 1)}`
  t.match(rewriteContent(yaml, 'application/yaml', optionsAt('/openapi.yaml')), '/users/x')
  t.equal(rewriteContent(`${yaml} `, 'application/yaml', optionsAt('/openapi.yaml')), undefined)
  t.match(rewriteContent(jsonDocument + ' '.repeat(MAX_YAML_BYTES), 'application/json', optionsAt('/openapi.json')), '/users/x')
})
