import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import t, { type Test } from 'tap'

const program = join(import.meta.dirname, '../../dist/examples/grpc.js')

t.test('the program makes its calls through the gateway and ends', async t => {
  const child = run(t)
  const lines = await readLines(child.stdout)
  t.match(lines.shift(), /^The greeter is behind http:\/\/127\.0\.0\.1:\d+$/)
  t.same(lines, [
    'one response to one request: Hello, Ada!',
    'a stream of responses:       Hello, Ada! Hallo, Ada! Bonjour, Ada! Cześć, Ada! Hei, Ada!',
    'a stream of requests:        Hello, Ada, Kurt, and Mary!',
    'streams both ways:           Hello, Ada! Hello, Kurt! Hello, Mary!',
    'an error:                    INVALID_ARGUMENT, A name has 1 to 100 characters',
  ])
  if (child.exitCode === null) await once(child, 'exit')
  t.equal(child.exitCode, 0)
})

t.test('with --serve it waits for other clients', async t => {
  const child = run(t, '--serve')
  const [text] = await once(child.stdout, 'data')
  t.match(text, /^The greeter is behind /)
  const response = await Promise.race([once(child, 'exit'), new Promise(resolve => setTimeout(resolve, 500, 'still there'))])
  t.equal(response, 'still there')
})

function run (t: Test, ...args: string[]) {
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, PORT: '0' } })
  t.teardown(() => child.kill())
  child.stdout.setEncoding('utf8')
  return child
}

async function readLines (output: AsyncIterable<string>): Promise<string[]> {
  let text = ''
  for await (const chunk of output) text += chunk
  return text.trimEnd().split('\n')
}
