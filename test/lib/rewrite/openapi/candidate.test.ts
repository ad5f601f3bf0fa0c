import t from 'tap'
import { documentFormatOf, isDocumentStart } from '../../../../lib/rewrite/openapi/candidate.ts'

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

const beginnings: { name: string, text: string, begins: boolean }[] = [
  { name: 'OpenAPI in JSON', text: '{"openapi":"3.0.0"', begins: true },
  { name: 'Swagger in JSON, behind its title', text: '\n{ "info": {"title": "x"},\n "swagger" : "2.0"', begins: true },
  { name: 'a byte order mark', text: '\ufeff{"openapi":"3.1.0"', begins: true },
  { name: 'OpenAPI in YAML', text: 'openapi: 3.0.0\n', begins: true },
  { name: 'Swagger in YAML, quoted, behind a comment', text: '# pets\n---\nswagger: "2.0"\n', begins: true },
  { name: 'a version that does not exist', text: '{"openapi":"4.0.0"', begins: false },
  { name: 'a list', text: '[{"openapi":"3.0.0"}]', begins: false },
  { name: 'a text that speaks of it', text: 'the openapi: 3', begins: false },
  { name: 'other JSON', text: '{"open":true}', begins: false },
  { name: 'nothing', text: '', begins: false },
  { name: 'the version within the first 1024 bytes', text: `{"x":"${'x'.repeat(1024 - 20)}","openapi":"3"`, begins: true },
  { name: 'the version behind them', text: `{"x":"${'x'.repeat(1024 - 19)}","openapi":"3"`, begins: false },
]

for (const { name, text, begins } of beginnings) {
  t.test(`how a document begins: ${name}: ${begins ? 'yes' : 'no'}`, async t => {
    t.equal(isDocumentStart(Buffer.from(text)), begins)
  })
}

t.test('a beginning takes a moment, whatever is in it', async t => {
  const start = performance.now()
  for (const text of ['\n', ' ', '{"openapi"', '\nopenapi', '[\n', '\u00ef']) isDocumentStart(Buffer.from(text.repeat(1024), 'latin1'))
  t.ok(performance.now() - start < 500)
})
