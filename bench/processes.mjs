import { spawn } from 'node:child_process'
import { once } from 'node:events'

/**
 * Starts a script of the benchmark, on one core, and waits until it announces that it is ready. taskset becomes the
 * command that it starts, so the process id is the script's.
 * @param {string} script - a module that calls `announce`
 * @param {string[]} args
 * @param {number | undefined} core
 * @returns {Promise<Started>}
 *
 * @typedef {object} Started - and the other facts that it announced
 * @property {number} pid - of the process that serves
 * @property {string[]} urls - one for each of its servers
 * @property {string} url - the first
 * @property {(command: object) => Promise<object>} run - resolves to the result of the command
 * @property {() => Promise<void>} stop
 */
export async function startScript (script, args, core) {
  const child = spawnOn(core, [process.execPath, script, ...args], ['ignore', 'inherit', 'inherit', 'ipc'])
  const exited = once(child, 'exit')
  const ends = exited.then(([code]) => { throw new Error(`${script} ended with exit code ${code}`) })
  ends.catch(() => {})
  const receive = async () => (await Promise.race([once(child, 'message'), ends]))[0]
  const { ports, ...facts } = await receive()
  const urls = ports.map(port => `http://127.0.0.1:${port}`)
  return {
    ...facts,
    urls,
    url: urls[0],
    async run (command) {
      child.send(command)
      return await receive()
    },
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
