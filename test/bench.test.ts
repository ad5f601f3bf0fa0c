import { type ExecFileException, execFile } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const script = fileURLToPath(new URL('../bench/run.mjs', import.meta.url))

/** Only Linux says in /proc what a process has used of the processor. */
const skip = process.platform !== 'linux' && 'it needs Linux'

interface Outcome {
  error: ExecFileException | null
  stdout: string
  stderr: string
}

/** Without the loaders of tap, which NODE_OPTIONS would bring into every process. */
function runBench (args: readonly string[], env: Record<string, string> = {}): Promise<Outcome> {
  return new Promise(resolve => {
    execFile(process.execPath, [script, ...args], { env: { ...process.env, NODE_OPTIONS: '', ...env }, timeout: 240_000 },
      (error, stdout, stderr) => resolve({ error, stdout, stderr }))
  })
}

/**
 * A row of a table whose numbers mean nothing in so short a run; there may even be none, of a process that used too
 * little.
 */
function row (name: string): RegExp {
  return new RegExp(`^${name}( +[\\d.-]+){3,} x$`, 'm')
}

t.test('the benchmark measures every contender, prints a table of each scenario and writes what it measured', { skip }, async t => {
  const out = t.testdir({})
  const { error, stdout, stderr } = await runBench(['--smoke', '--out', out])
  t.equal(error, null, stderr)
  const [file] = readdirSync(out)
  const { scenarios, goals } = JSON.parse(readFileSync(`${out}/${file!}`, 'utf8'))

  for (const { name, contenders } of scenarios) {
    const table = stdout.slice(stdout.indexOf(`\n${name}: `))
    for (const { name: contender, rounds } of contenders) {
      t.match(table, row(contender), `${name}: ${contender}`)
      t.equal(rounds.length, 1)
    }
  }
  for (const { scenario, of } of goals) t.match(stdout, new RegExp(`^${scenario} +${of} .* (yes|no)$`, 'm'))
  // But for the first line and the last: the name of a processor and a path are as long as they are.
  t.strictSame(stdout.trimEnd().split('\n').slice(1, -1).filter(line => line.length > 80), [])
})

t.test('what is not known is refused, with what is', { skip }, async t => {
  const { error, stderr } = await runBench(['--against', 'nobody'])
  t.equal(error?.code, 1)
  t.equal(stderr, '--against "nobody" is not known; there are: fastify-http-proxy, http-proxy-3, node-undici, nginx, haproxy\n')
})

// wrk prints the two lines of errors only when there are some.
const wrkOutputs = [
  { name: 'none', lines: ['     50%  1.50ms', '  30 requests in 1.00s, 5.25KB read'], failure: '' },
  {
    name: 'of sockets and of statuses',
    lines: ['     50%  1.50ms', '  30 requests in 1.00s, 5.25KB read', '  Socket errors: connect 1, read 2, write 0, timeout 3', '  Non-2xx or 3xx responses: 4'],
    failure: 'gateway failed: {"requests":30,"errors":10,"p50Micros":1500,"seconds":1}\n',
  },
]

for (const { name, lines, failure } of wrkOutputs) {
  t.test(`the load comes from wrk where it is installed; errors that it counts: ${name}`, { skip }, async t => {
    const bin = t.testdir({ out: {} })
    writeFileSync(`${bin}/wrk`, `#!/bin/sh\ncat <<EOF\n${lines.join('\n')}\nEOF\n`, { mode: 0o755 })
    const { stdout, stderr } = await runBench(['--seconds', '0.1', '--rounds', '1', '--scenario', 'small', '--against', 'node-undici', '--out', `${bin}/out`], { PATH: `${bin}:${process.env.PATH}` })
    t.equal(stderr, failure)
    t.match(stdout, /; requests from wrk; /)
  })
}
