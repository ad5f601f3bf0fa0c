import t from 'tap'
import { describeError } from '../../cli/run.ts'
import { createConfigError } from '../../lib/errors.ts'

const listening = (code: string, more: object) => Object.assign(new Error(`listen ${code}`), { code, syscall: 'listen', ...more })

const cases = {
  'a port in use': [listening('EADDRINUSE', { port: 80 }), 'error: port 80 is in use: stop what listens there, or choose another with --port (0 is any free one)'],
  'a port that is not allowed': [listening('EACCES', { port: 80 }), 'error: port 80 may not be used by this user: choose one of 1024 and above with --port'],
  'an address of another machine': [listening('EADDRNOTAVAIL', { address: '192.0.2.1' }), 'error: 192.0.2.1 is no address of this machine: choose another with --host'],
  'an unknown host name': [Object.assign(new Error('getaddrinfo ENOTFOUND x.invalid'), { code: 'ENOTFOUND', syscall: 'getaddrinfo', hostname: 'x.invalid' }), 'error: x.invalid is no name of this machine: choose another with --host'],
  'a file that is not allowed, which is no port': [Object.assign(new Error('EACCES: open /x'), { code: 'EACCES', syscall: 'open' }), 'error: EACCES: open /x'],
  'a message of several lines': [new Error('first\nsecond'), 'error: first'],
  'what is no error': ['thrown', 'error: thrown'],
  'a wrong configuration, with all its problems': [
    createConfigError([{ path: 'a', message: 'is wrong' }, { path: 'b', message: 'is, too' }]),
    'error: Invalid gateway configuration, 2 problems:\n  - a: is wrong\n  - b: is, too',
  ],
} as const

for (const [name, [error, text]] of Object.entries(cases)) {
  t.test(`${name} is reported without a stack`, async t => t.equal(describeError(error, false), text))
}

t.test('with --debug there are the stack and the cause', async t => {
  const text = describeError(new Error('outer', { cause: new Error('inner') }), true)
  t.match(text, /^error: Error: outer\n {4}at [\s\S]*\[cause\]: Error: inner\n/)
})
