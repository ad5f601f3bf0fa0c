import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'

/** The compiled command, as it is installed; `npm test` builds it before the tests. */
const command = fileURLToPath(new URL('../../dist/bin/fastify-gateway.js', import.meta.url))

export interface Outcome {
  /** `null` when a signal ended it. */
  exitCode: number | null
  stdout: string
  stderr: string
}

export interface RunOptions {
  /** Working directory; by default one without a project. */
  cwd?: string
  env?: Record<string, string>
  /** Which of the commands that listen; `start` by default. */
  command?: string
}

/** A command that goes on until it is stopped. */
export interface RunningCommand {
  child: ChildProcess
  /** What it has printed so far. */
  stdout (): string
  /** Waits until standard output matches. */
  until (pattern: RegExp): Promise<string>
  ended: Promise<Outcome>
}

/** Runs a command to its end. */
export async function runCommand (t: Test, args: readonly string[], options?: RunOptions): Promise<Outcome> {
  return await spawnCommand(t, args, options).ended
}

/** Runs `start`, or another command, until it listens on a free port. Resolves to its address, too. */
export async function startCommand (
  t: Test,
  args: readonly string[],
  options?: RunOptions
): Promise<RunningCommand & { address: string }> {
  const running = spawnCommand(t, [options?.command ?? 'start', '--port', '0', ...args], options)
  const stdout = await running.until(/^Gateway listening on .*\n/m)
  return { ...running, address: /^Gateway listening on ([^,\n]+)/m.exec(stdout)![1]! }
}

function spawnCommand (
  t: Test,
  args: readonly string[],
  { cwd = t.testdir({}), env = {} }: RunOptions = {}
): RunningCommand {
  // tap would load its loaders into every node that a test starts: four times as slow, and not what users run.
  const child = spawn('env', ['-u', 'NODE_OPTIONS', process.execPath, command, ...args], {
    cwd,
    env: { ...process.env, COLUMNS: '80', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 30_000,
    killSignal: 'SIGKILL',
  })
  t.teardown(() => child.kill('SIGKILL'))
  const output = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', chunk => {
    output.stdout += chunk
  })
  child.stderr.setEncoding('utf8').on('data', chunk => {
    output.stderr += chunk
  })
  const ended = once(child, 'close').then(([exitCode]) => ({ exitCode: exitCode as number | null, ...output }))
  return {
    child,
    stdout: () => output.stdout,
    async until (pattern) {
      while (!pattern.test(output.stdout)) {
        const isOpen = await Promise.race([once(child.stdout, 'data').then(() => true), ended.then(() => false)])
        if (!isOpen) throw new Error(`ended before ${pattern}: ${JSON.stringify(output)}`)
      }
      return output.stdout
    },
    ended,
  }
}
