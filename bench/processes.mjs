import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Microseconds in one tick of /proc: USER_HZ is 100 on every architecture that Node runs on. */
const MICROS_PER_TICK = 10_000

/** The first field of /proc/<pid>/stat after the name is the third; user and system time are the 14th and 15th. */
const USER_TIME = 14 - 3

/**
 * CPU time that a process has used so far, user and system, all of its threads, in microseconds, in steps of 10 ms.
 * @param {number} pid
 * @see proc_pid_stat(5)
 */
export function readCpuMicros (pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // The name is in parentheses and may hold spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[USER_TIME]) + Number(fields[USER_TIME + 1])) * MICROS_PER_TICK
}

/**
 * Where to run what is measured and what is not; `undefined` is anywhere: with one core, or without taskset.
 * @returns {{ contender?: number, load?: number }}
 */
export function chooseCores () {
  const cores = allowedCores()
  return cores.length < 2 || !hasCommand('taskset') ? {} : { contender: cores[0], load: cores[1] }
}

/** The cores that this process may use; in a container these need not begin at 0. `0-2,5` is `[0, 1, 2, 5]`. */
function allowedCores () {
  const [, list] = /^Cpus_allowed_list:\s*(\S+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))
  return list.split(',').flatMap(range => {
    const [first, last = first] = range.split('-').map(Number)
    return Array.from({ length: last - first + 1 }, (_, index) => first + index)
  })
}

/** @param {string} name - of a command looked for in PATH */
export function hasCommand (name) {
  return (process.env.PATH ?? '').split(delimiter).some(folder => isExecutable(join(folder, name)))
}

function isExecutable (path) {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/**
 * Starts a server of the benchmark, on one core. taskset becomes the command that it starts, so the process id is the server's.
 * @param {string} script - a module that announces its servers
 * @param {string[]} args
 * @param {number | undefined} core
 * @returns {Promise<{ pid: number, url: string, urls: string[], stop: () => Promise<void> }>} `url` is the first
 */
export async function startServer (script, args, core) {
  const child = spawnOn(core, [process.execPath, script, ...args], ['ignore', 'inherit', 'inherit', 'ipc'])
  const exited = once(child, 'exit')
  const fails = exited.then(([code]) => { throw new Error(`${script} ended before it listened, with exit code ${code}`) })
  const [{ ports }] = await Promise.race([once(child, 'message'), fails])
  fails.catch(() => {})
  const urls = ports.map(port => `http://127.0.0.1:${port}`)
  return {
    pid: child.pid,
    url: urls[0],
    urls,
    async stop () {
      child.kill()
      await exited
    },
  }
}

/**
 * Runs a command on one core to its end. Resolves to its standard output.
 * @param {number | undefined} core
 * @param {string[]} command
 */
export async function runOn (core, command) {
  const child = spawnOn(core, command, ['ignore', 'pipe', 'inherit'])
  const closed = once(child, 'close')
  let output = ''
  for await (const chunk of child.stdout.setEncoding('utf8')) output += chunk
  const [code] = await closed
  if (code !== 0) throw new Error(`${command.join(' ')} ended with exit code ${code}`)
  return output
}

function spawnOn (core, command, stdio) {
  const [file, ...args] = core === undefined ? command : ['taskset', '-c', String(core), ...command]
  return spawn(file, args, { stdio })
}
