import t from 'tap'
import { createLogger } from '../../cli/logger.ts'
import { createTerminal } from '../../cli/terminal.ts'

interface Stream { isTTY?: boolean, columns?: number }

function terminalOf (stdout: Stream, env: Record<string, string> = {}) {
  const written: string[] = []
  const stream = { ...stdout, on: () => {}, write: (text: string) => written.push(text) }
  return { ...createTerminal({ stdout: stream, stderr: stream, env } as unknown as NodeJS.Process), written }
}

const cases = {
  'a terminal has its own width': [{ isTTY: true, columns: 120 }, { COLUMNS: '60' }, 120],
  'a terminal that is too narrow for anything counts as 80': [{ isTTY: true, columns: 20 }, {}, 80],
  'a terminal that says nothing counts as 80': [{ isTTY: true }, {}, 80],
  'a pipe has the width that COLUMNS says': [{}, { COLUMNS: '60' }, 60],
  'a pipe has 80 otherwise': [{}, {}, 80],
  'a width that is no number is ignored': [{}, { COLUMNS: 'wide' }, 80],
} as const

for (const [name, [stdout, env, width]] of Object.entries(cases)) {
  t.test(name, async t => t.equal(terminalOf(stdout, env).width, width))
}

t.test('colours are for terminals, unless they are switched off', async t => {
  t.equal(terminalOf({ isTTY: true }).bold('x'), '\u001b[1mx\u001b[22m')
  t.equal(terminalOf({ isTTY: true }, { NO_COLOR: '1' }).bold('x'), 'x')
  t.equal(terminalOf({ isTTY: true }, { TERM: 'dumb' }).bold('x'), 'x')
  t.equal(terminalOf({}).bold('x'), 'x')
})

t.test('what is printed ends its line', async t => {
  const { print, printError, written } = terminalOf({})
  print('one')
  printError('two')
  t.same(written, ['one\n', 'two\n'])
})

t.test('the log is text for people and JSON for machines', async t => {
  t.same(await createLogger({ isInteractive: false, isDebug: false }), { level: 'info' })
  t.same(await createLogger({ isInteractive: false, isDebug: true }), { level: 'debug' })
  const forPeople = (await createLogger({ isInteractive: true, isDebug: false })) as {
    level: string
    stream: { write: unknown }
  }
  t.equal(forPeople.level, 'info')
  t.type(forPeople.stream.write, 'function')
})
