import t from 'tap'
import { describePattern, HASH_PATTERN, METHOD_PATTERN, PATH_PATTERN } from '../../../lib/options/schema-parts.ts'
import { DURATION_PATTERN, SIZE_PATTERN } from '../../../lib/options/units.ts'

interface Row {
  name: string
  pattern: string
  accepts: string[]
  refuses: string[]
  words: string
}

const rows: Row[] = [
  {
    name: 'a path',
    pattern: PATH_PATTERN,
    accepts: ['/', '/health', '/health?deep=1', '//x'],
    refuses: ['', 'health', ' /health', 'http://h/health', '\n/health'],
    words: 'a path, which begins with "/"',
  },
  {
    name: 'a method',
    pattern: METHOD_PATTERN,
    accepts: ['GET', 'M-SEARCH', 'X'],
    refuses: ['', 'get', 'Get', 'GET ', ' GET', '-GET', 'G3T', 'GET\n', 'GET POST'],
    words: 'a method such as "GET"',
  },
  {
    name: 'what is hashed',
    pattern: HASH_PATTERN,
    accepts: ['ip', 'header:X-User-Id', 'cookie:session', 'cookie:__Host-sid', 'header:a', 'cookie:!#$%&\'*+.^_`|~-9'],
    refuses: ['', 'IP', 'ip:', 'ip:x', 'header', 'header:', 'cookie:', 'Header:x', 'query:x', 'header:a b', 'header:a:b', 'cookie:a=b', 'cookie:a;b', 'cookie:"a"', 'header:a/b', 'header:ä', ' ip', 'ip\n', 'cookie:a\n'],
    words: '"ip", "header:NAME" or "cookie:NAME"',
  },
  {
    name: 'a time',
    pattern: DURATION_PATTERN,
    accepts: ['250ms', '10s', '5m', '1h', '1.5s'],
    refuses: ['', '10', 's', '10 s', '10S', '-1s', '1.s', '10s\n'],
    words: 'a time such as "250ms", "10s" or "5m"',
  },
  {
    name: 'a size',
    pattern: SIZE_PATTERN,
    accepts: ['1B', '64KB', '10mb', '1.5Gb'],
    refuses: ['', '10', 'KB', '10 MB', '10TB', '-1B', '10MB\n'],
    words: 'a size such as "64KB" or "10MB"',
  },
]

for (const { name, pattern, accepts, refuses, words } of rows) {
  t.test(`a pattern accepts ${name} only, and is described in words`, async t => {
    // As TypeBox and the validators of editors compile it.
    for (const expression of [new RegExp(pattern), new RegExp(pattern, 'u')]) {
      for (const text of accepts) t.match(text, expression, JSON.stringify(text))
      for (const text of refuses) t.notMatch(text, expression, JSON.stringify(text))
    }
    t.equal(describePattern(pattern), words)
  })
}

t.test('a pattern that has no words is shown as it is', async t => {
  t.equal(describePattern('^a+$'), 'a string that matches ^a+$')
  t.equal(describePattern(''), 'a string that matches ')
})
