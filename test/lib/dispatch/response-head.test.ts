import t from 'tap'
import { readResponseHead, readSwitchHead } from '../../../lib/dispatch/response-head.ts'

const bytes = (texts: readonly string[]) => texts.map(text => Buffer.from(text, 'latin1'))
const SWITCH = ['Connection', 'Upgrade', 'Upgrade', 'websocket']

const trailers: { name: string, headers: string[], trailer: string | string[] | undefined }[] = [
  { name: 'none', headers: [], trailer: undefined },
  { name: 'one line', headers: ['Trailer', 'x-sum'], trailer: 'x-sum' },
  { name: 'several lines', headers: ['trailer', 'x-sum', 'TRAILER', 'x-time'], trailer: ['x-sum', 'x-time'] },
]

for (const { name, headers, trailer } of trailers) {
  t.test(`the trailers that an answer announces stand beside its headers: ${name}`, async t => {
    const head = readResponseHead(200, bytes(['ETag', 'a', ...headers]), 'Fine', 'shop')
    t.strictSame({ ...head, headers: { ...head.headers } }, { statusCode: 200, statusText: 'Fine', headers: { etag: 'a' }, trailer })
  })
}

t.test('an answer in a coding that nobody asked for is a bad one', async t => {
  const read = (...headers: string[]) => readResponseHead(200, bytes(headers), 'Fine', 'shop')
  for (const coding of ['gzip', 'gzip, chunked', 'chunked, chunked', 'x']) t.throws(() => read('Transfer-Encoding', coding), { code: 'GW_ERR_BAD_UPSTREAM_RESPONSE' }, coding)
  for (const coding of ['chunked', ' Chunked ']) t.match(read('transfer-encoding', coding), { statusCode: 200 }, coding)
  t.match(read('x-as-long-as-that', 'gzip'), { headers: { 'x-as-long-as-that': 'gzip' } }, 'another header')
})

const switches: { name: string, headers: string[], asked: string, protocol: string }[] = [
  { name: 'to the protocol that was asked for', headers: SWITCH, asked: 'websocket', protocol: 'websocket' },
  { name: 'in another spelling, which stays the upstream\'s', headers: ['UPGRADE', 'WebSocket'], asked: 'websocket', protocol: 'WebSocket' },
  { name: 'asked for in another spelling', headers: SWITCH, asked: 'WEBSOCKET', protocol: 'websocket' },
  { name: 'to one of several', headers: ['upgrade', 'echo/1'], asked: 'websocket, echo/1', protocol: 'echo/1' },
  { name: 'to one of several, written without spaces', headers: SWITCH, asked: 'echo/1,websocket', protocol: 'websocket' },
]

for (const { name, headers, asked, protocol } of switches) {
  t.test(`a switch ${name}`, async t => {
    t.match(readSwitchHead(101, bytes(headers), asked), { statusCode: 101, protocol }, 'bytes')
    t.match(readSwitchHead(101, headers, asked), { statusCode: 101, protocol }, 'characters')
  })
}

const others: { name: string, statusCode?: number, headers: string[], asked: string | null }[] = [
  { name: 'another status', statusCode: 200, headers: SWITCH, asked: 'websocket' },
  { name: 'nobody asked', headers: SWITCH, asked: null },
  { name: 'nothing', headers: ['Upgrade', ''], asked: 'websocket' },
  { name: 'another protocol', headers: SWITCH, asked: 'echo/1' },
  { name: 'a part of the name', headers: ['Upgrade', 'web'], asked: 'websocket' },
  { name: 'several protocols, of which one was asked for', headers: ['Upgrade', 'echo/1, websocket'], asked: 'websocket' },
  { name: 'several protocols, as they were asked for', headers: ['Upgrade', 'echo/1, websocket'], asked: 'echo/1, websocket' },
  { name: 'several lines', headers: ['Upgrade', 'websocket', 'Upgrade', 'websocket'], asked: 'websocket' },
  { name: 'no protocol', headers: ['Connection', 'Upgrade'], asked: 'websocket' },
  { name: 'the name as a value', headers: ['X', 'upgrade', 'websocket', 'x'], asked: 'websocket' },
]

for (const { name, statusCode = 101, headers, asked } of others) {
  t.test(`no switch: ${name}`, async t => t.equal(readSwitchHead(statusCode, bytes(headers), asked), undefined))
}

t.test('of the headers of a switch those go on that do not end here, without a length', async t => {
  const head = readSwitchHead(101, bytes([...SWITCH, 'Sec-WebSocket-Accept', 'abc', 'Content-Length', '5', 'Set-Cookie', 'a', 'Set-Cookie', 'b', 'Keep-Alive', 'timeout=5']), 'websocket')
  t.strictSame({ ...head, headers: { ...head!.headers } }, { statusCode: 101, statusText: '', trailer: undefined, protocol: 'websocket', headers: { 'sec-websocket-accept': 'abc', 'set-cookie': ['a', 'b'] } })
})

t.test('nothing is a switch that nobody asked for', async t => {
  t.equal(readSwitchHead(101, ['Upgrade', ''], null), undefined)
})

t.test('the Trailer of a switch has nothing to announce', async t => {
  t.strictSame({ ...readSwitchHead(101, ['Upgrade', 'websocket', 'Trailer', 'x'], 'websocket')!.headers }, {})
})
