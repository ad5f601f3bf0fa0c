import t from 'tap'
import { findAuthorityFault, findRequestFault, isHost, isRequestId, MAX_HEADER_FIELDS } from '../../../lib/headers/request-fault.ts'

interface Row {
  name: string
  headers: string[]
  version?: string
  fault?: string
}

const host = ['Host', 'shop.example']

const rows: Row[] = [
  { name: 'an ordinary request is fine', headers: [...host, 'Accept', '*/*', 'User-Agent', 'x'] },
  { name: 'a body with a length is fine', headers: [...host, 'Content-Length', '12'] },
  { name: 'a chunked body is fine, in any case', headers: [...host, 'Transfer-Encoding', 'Chunked'] },
  { name: 'HTTP/1.0 needs no Host', headers: [], version: '1.0' },
  { name: 'other names of the same lengths are others', headers: [...host, 'Date', 'x', 'X-Content-Long', 'x', 'X-Content-Longer1', 'x'] },
  { name: 'HTTP/0.9', headers: host, version: '0.9', fault: 'HTTP version 0.9 is not supported' },
  { name: 'HTTP/2', headers: host, version: '2.0', fault: 'HTTP version 2.0 is not supported' },
  { name: 'no Host', headers: ['Accept', '*/*'], fault: 'no Host' },
  { name: 'two equal Hosts', headers: [...host, ...host], fault: 'more than one Host' },
  { name: 'two Hosts in different case', headers: ['host', 'a', 'HOST', 'b'], fault: 'more than one Host' },
  { name: 'a Host that is two', headers: ['Host', 'a, b'], fault: 'Host is not a host' },
  { name: 'a bad Host in HTTP/1.0', headers: ['Host', 'a/b'], version: '1.0', fault: 'Host is not a host' },
  { name: 'two equal lengths', headers: [...host, 'Content-Length', '1', 'content-length', '1'], fault: 'more than one Content-Length' },
  { name: 'a list of lengths', headers: [...host, 'Content-Length', '1, 1'], fault: 'Content-Length is not a number' },
  { name: 'a signed length', headers: [...host, 'Content-Length', '+1'], fault: 'Content-Length is not a number' },
  { name: 'an empty length', headers: [...host, 'Content-Length', ''], fault: 'Content-Length is not a number' },
  { name: 'two codings', headers: [...host, 'Transfer-Encoding', 'chunked', 'Transfer-Encoding', 'chunked'], fault: 'more than one Transfer-Encoding' },
  { name: 'a length beside a coding', headers: [...host, 'Content-Length', '1', 'Transfer-Encoding', 'chunked'], fault: 'Content-Length beside Transfer-Encoding' },
  { name: 'a coding in HTTP/1.0', headers: [...host, 'Transfer-Encoding', 'chunked'], version: '1.0', fault: 'Transfer-Encoding in HTTP/1.0' },
  { name: 'another coding before chunked', headers: [...host, 'Transfer-Encoding', 'gzip, chunked'], fault: 'Transfer-Encoding is not chunked' },
  { name: 'a coding that hides behind a vertical tab', headers: [...host, 'Transfer-Encoding', '\vchunked'], fault: 'Transfer-Encoding is not chunked' },
]

for (const { name, headers, version = '1.1', fault } of rows) {
  t.test(`request fault: ${name}`, async t => {
    t.equal(findRequestFault({ httpVersion: version, rawHeaders: headers }), fault)
  })
}

t.test('a request whose last fields node may have dropped is refused', async t => {
  const fields = (count: number) => [...host, ...Array.from({ length: count - 1 }, (_, i) => [`X-${i}`, 'x']).flat()]
  t.equal(findRequestFault({ httpVersion: '1.1', rawHeaders: fields(MAX_HEADER_FIELDS - 1) }), undefined)
  t.equal(findRequestFault({ httpVersion: '1.1', rawHeaders: fields(MAX_HEADER_FIELDS) }), 'too many header fields')
  t.equal(findRequestFault({ httpVersion: '1.1', rawHeaders: fields(5) }, 5), 'too many header fields', 'with the limit of the server')
  t.equal(findRequestFault({ httpVersion: '1.1', rawHeaders: fields(2000) }, Infinity), undefined, 'and not where nothing is dropped')
})

const hosts: [value: string, expected: boolean][] = [
  ['localhost', true], ['shop.example:8080', true], ['127.0.0.1', true], ['[::1]', true], ['[::1]:80', true], ['a_b.example', true], ['shop.example:', true],
  ['', false], ['a b', false], ['a,b', false], ['user@host', false], ['a/b', false], ['::1', false], ['[::1', false], ['a:b', false], ['a\u00e9', false], ['"a"', false],
]

for (const [value, expected] of hosts) {
  t.test(`${JSON.stringify(value)} is ${expected ? 'a' : 'no'} host`, async t => t.equal(isHost(value), expected))
}

const authorities: Array<{ name: string, headers: Record<string, string | string[]>, expected: string | undefined }> = [
  { name: 'an authority', headers: { ':authority': 'shop.example:8443' }, expected: undefined },
  { name: 'a host in its place', headers: { host: 'shop.example' }, expected: undefined },
  { name: 'the two alike', headers: { ':authority': 'a', host: 'a' }, expected: undefined },
  { name: 'the two different', headers: { ':authority': 'a', host: 'b' }, expected: 'Host is not the authority' },
  { name: 'none', headers: {}, expected: 'no Host' },
  { name: 'two hosts', headers: { ':authority': 'a,b' }, expected: 'Host is not a host' },
  { name: 'a list of hosts', headers: { host: ['a', 'b'] }, expected: 'Host is not a host' },
]

for (const { name, headers, expected } of authorities) {
  t.test(`HTTP/2: ${name}`, async t => { t.equal(findAuthorityFault(headers), expected) })
}

const requestIds: [name: string, value: unknown, expected: boolean][] = [
  ['a UUID', '9b2f7a52-0c2e-4a57-8d2d-3c8f8d1b3a10', true],
  ['any visible ASCII', '!a~', true],
  ['200 characters', 'x'.repeat(200), true],
  ['201 characters', 'x'.repeat(201), false],
  ['nothing', '', false],
  ['a space', 'a b', false],
  ['a line feed at the end', 'a\n', false],
  ['bytes above 127', 'caf\u00e9', false],
  ['a list', ['a'], false],
  ['no header', undefined, false],
]

for (const [name, value, expected] of requestIds) {
  t.test(`request id: ${name}: ${expected}`, async t => t.equal(isRequestId(value), expected))
}
