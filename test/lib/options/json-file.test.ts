import t from 'tap'
import type { GatewayConfigError } from '../../../lib/errors.ts'
import { parseJson, readJsonFile } from '../../../lib/options/json-file.ts'

function faultOf (text: string): string {
  try {
    parseJson(text, 'x.json')
  } catch (error) {
    const [problem] = (error as GatewayConfigError).problems
    return problem!.message
  }
  return 'none'
}

t.test('valid JSON is returned as it is, also after a byte order mark', async t => {
  t.same(parseJson('{ "a": [1, -2.5e3, true, null, "x\\u00e9\\n"] }', 'x.json'), { a: [1, -2500, true, null, 'xé\n'] })
  t.same(parseJson('\uFEFF{}', 'x.json'), {})
})

const faults: { name: string, text: string, message: string }[] = [
  { name: 'nothing', text: '', message: 'line 1, column 1: expected a value, found the end of the file' },
  { name: 'a comma at the end of an object', text: '{\n  "a": 1,\n}', message: 'line 3, column 1: expected a name in double quotes, found "}"' },
  { name: 'a comma at the end of a list', text: '[1, ]', message: 'line 1, column 5: expected a value, found "]"' },
  { name: 'a comma too many', text: '[1,, 2]', message: 'line 1, column 4: expected a value, found ","' },
  { name: 'a comma at the beginning', text: '[, 2]', message: 'line 1, column 2: expected a value or "]", found ","' },
  { name: 'a missing comma', text: '{ "a": 1\n  "b": 2 }', message: 'line 2, column 3: expected "," or the end of the list or object, found "b"' },
  { name: 'a missing colon', text: '{ "a" 1 }', message: 'line 1, column 7: expected ":", found "1"' },
  { name: 'a name without quotes', text: '{\r\n\tport: 1 }', message: 'line 2, column 2: expected a name in double quotes or "}", found "port"' },
  { name: 'single quotes', text: "{ 'a': 1 }", message: 'line 1, column 3: expected a name in double quotes or "}", found "\'"' },
  { name: 'a word that is no value', text: '{ "a": undefined }', message: 'line 1, column 8: expected a value, found "undefined"' },
  { name: 'a value that begins like one', text: '{ "a": trueish }', message: 'line 1, column 8: expected a value, found "trueish"' },
  { name: 'a leading zero', text: '[01]', message: 'line 1, column 2: expected a value or "]", found "01"' },
  { name: 'a string that goes over a line', text: '{ "a": "b\nc" }', message: 'line 1, column 8: expected a value, found "b' },
  { name: 'an unknown escape', text: '["\\q"]', message: 'line 1, column 2: expected a value or "]", found "\\q"' },
  { name: 'something very long', text: `[${'x'.repeat(80)}]`, message: `line 1, column 2: expected a value or "]", found ${'x'.repeat(37)}...` },
  { name: 'the wrong bracket', text: '{ "a": [1} }', message: 'line 1, column 10: expected "," or the end of the list or object, found "}"' },
  { name: 'the wrong brace', text: '{ "a": {"b": 1] }', message: 'line 1, column 15: expected "," or the end of the list or object, found "]"' },
  { name: 'a bracket that is open at the end', text: '{ "a": [1, {}, []', message: 'line 1, column 18: expected "," or the end of the list or object, found the end of the file' },
  { name: 'more after the end', text: '{} {}', message: 'line 1, column 4: expected the end of the file, found "{"' },
  { name: 'a comment', text: '// users\n{}', message: 'line 1, column 1: expected a value, found "/"' },
  { name: 'an emoji, whole', text: '[😀]', message: 'line 1, column 2: expected a value or "]", found "😀"' },
]

for (const { name, text, message } of faults) {
  t.test(`a mistake has its line and column: ${name}`, async t => {
    t.equal(faultOf(text), message)
  })
}

t.test('the mistake is found below a hundred thousand brackets', async t => {
  t.match(faultOf('['.repeat(100_000) + 'x'), /line 1, column 100001: expected a value or "]"/)
})

t.test('wherever a valid text is broken, the mistake is not behind the place at which JSON.parse() stops', async t => {
  const valid = '{"a":[1,{"b":"c\\n"},true,null,-0.5E+2],"d":{}}'
  const columns: string[] = []
  for (let at = 0; at < valid.length; at++) {
    for (const character of '{}[],:"\\0-.e x\n') {
      const text = valid.slice(0, at) + character + valid.slice(at + 1)
      const position = stopOf(text)
      if (position === undefined) continue
      const [, line, column] = /^line (\d+), column (\d+)/.exec(faultOf(text)) ?? []
      const offset = Number(column) - 1 + (line === '2' ? text.indexOf('\n') + 1 : 0)
      if (!(offset <= position)) columns.push(`${text}: ${offset} is behind ${position}`)
    }
  }
  t.same(columns, [])
})

/** Where V8 stops, if it says so; `undefined` for a valid text. */
function stopOf (text: string): number | undefined {
  try {
    JSON.parse(text)
    return undefined
  } catch (error) {
    return Number(/position (\d+)/.exec((error as Error).message)?.[1] ?? text.length)
  }
}

t.test('a file that cannot be read is a configuration error with its cause', async t => {
  const dir = t.testdir({ 'x.json': {} })
  await t.rejects(readJsonFile(`${dir}/x.json`, 'x.json'), {
    code: 'GW_ERR_CONFIG',
    problems: [{ path: 'x.json', message: /^cannot be read: EISDIR/ }],
    cause: { code: 'EISDIR' },
  })
})
