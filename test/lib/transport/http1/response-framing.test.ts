import t from 'tap'
import { frameResponse } from '../../../../lib/transport/http1/response-framing.ts'
import { PROTOCOL_ERROR } from './reading.ts'

const CHUNKED = ['Transfer-Encoding', 'chunked']
const LENGTH = ['content-LENGTH', '5']

interface Row {
  name: string
  fields: string[]
  /** HTTP/1.0. */
  isOld?: boolean
  isBodiless?: boolean
  length?: number
  isChunked?: boolean
  keepAlive: number
}

const rows: Row[] = [
  { name: 'a length', fields: ['X-Other-14byte', 'x', ...LENGTH], length: 5, keepAlive: 1500 },
  { name: 'a length of 0', fields: ['Content-Length', '0'], length: 0, keepAlive: 1500 },
  { name: 'chunks', fields: CHUNKED, isChunked: true, keepAlive: 1500 },
  { name: 'chunks in capitals', fields: ['TRANSFER-ENCODING', 'CHUNKED'], isChunked: true, keepAlive: 1500 },
  { name: 'the end of the connection', fields: [], keepAlive: 0 },
  { name: 'the end of the connection, whatever it says', fields: ['Connection', 'keep-alive'], keepAlive: 0 },
  { name: 'close', fields: [...LENGTH, 'Connection', 'close'], length: 5, keepAlive: 0 },
  { name: 'close among others', fields: [...LENGTH, 'Connection', 'x,\tClose , y'], length: 5, keepAlive: 0 },
  { name: 'close on another line', fields: [...LENGTH, 'Connection', 'keep-alive', 'connection', 'close'], length: 5, keepAlive: 0 },
  { name: 'an option that begins like it', fields: [...LENGTH, 'Connection', 'closed'], length: 5, keepAlive: 1500 },
  { name: 'HTTP/1.0', fields: LENGTH, isOld: true, length: 5, keepAlive: 0 },
  { name: 'HTTP/1.0 that is kept', fields: [...LENGTH, 'Connection', 'Keep-Alive'], isOld: true, length: 5, keepAlive: 1500 },
  { name: 'HTTP/1.0 that says something else', fields: [...LENGTH, 'Connection', 'x'], isOld: true, length: 5, keepAlive: 0 },
  { name: 'an announced time', fields: [...LENGTH, 'Keep-Alive', 'timeout=5'], length: 5, keepAlive: 3000 },
  { name: 'an announced time among others', fields: [...LENGTH, 'keep-alive', 'max=100, timeout = 72'], length: 5, keepAlive: 70_000 },
  { name: 'a time that is too short', fields: [...LENGTH, 'Keep-Alive', 'timeout=2'], length: 5, keepAlive: 0 },
  { name: 'a time that is too long', fields: [...LENGTH, 'Keep-Alive', 'timeout=99999'], length: 5, keepAlive: 600_000 },
  { name: 'a time that is none', fields: [...LENGTH, 'Keep-Alive', 'timeout=x, xtimeout=5'], length: 5, keepAlive: 1500 },
  { name: 'no body', fields: [], isBodiless: true, length: 0, keepAlive: 1500 },
  { name: 'no body, of length 0', fields: ['Content-Length', '0'], isBodiless: true, length: 0, keepAlive: 1500 },
  { name: 'no body, but its length', fields: LENGTH, isBodiless: true, length: 0, keepAlive: 0 },
  { name: 'no body, but chunks', fields: CHUNKED, isBodiless: true, length: 0, keepAlive: 0 },
]

for (const {
  name,
  fields,
  isOld = false,
  isBodiless = false,
  length = Infinity,
  isChunked = false,
  keepAlive,
} of rows) {
  t.test(`an answer is framed by ${name}`, async t => {
    t.strictSame(frameResponse({ minorVersion: isOld ? 0 : 1, fields }, isBodiless), { length, isChunked, keepAlive })
  })
}

const refused: [name: string, fields: string[], isOld?: boolean][] = [
  ['two lengths', ['Content-Length', '5', 'Content-Length', '6']],
  ['the same length twice', [...LENGTH, ...LENGTH]],
  ['the same length in a list', ['Content-Length', '5, 5']],
  ['no number', ['Content-Length', '5x']],
  ['nothing', ['Content-Length', '']],
  ['a sign', ['Content-Length', '+5']],
  ['a negative number', ['Content-Length', '-5']],
  ['a hexadecimal number', ['Content-Length', '0x5']],
  ['a fraction', ['Content-Length', '5.0']],
  ['a power', ['Content-Length', '1e3']],
  ['a number beyond those that are exact', ['Content-Length', '9007199254740993']],
  ['a length beside chunks', [...LENGTH, ...CHUNKED]],
  ['chunks beside a length', [...CHUNKED, ...LENGTH]],
  ['another coding', ['Transfer-Encoding', 'gzip']],
  ['another coding below chunks', ['Transfer-Encoding', 'gzip, chunked']],
  ['chunks in chunks', [...CHUNKED, ...CHUNKED]],
  ['chunks twice in a list', ['Transfer-Encoding', 'chunked, chunked']],
  ['a coding with a parameter', ['Transfer-Encoding', 'chunked;a=b']],
  ['no coding', ['Transfer-Encoding', '']],
  ['identity', ['Transfer-Encoding', 'identity']],
  ['chunks in HTTP/1.0', CHUNKED, true],
]

for (const [name, fields, isOld = false] of refused) {
  t.test(`a framing that can be understood in two ways is refused: ${name}`, async t => {
    for (const isBodiless of [false, true]) {
      t.throws(() => frameResponse({ minorVersion: isOld ? 0 : 1, fields }, isBodiless), PROTOCOL_ERROR)
    }
  })
}
