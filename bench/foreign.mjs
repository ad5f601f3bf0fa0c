import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { announce } from './announce.mjs'

/** Milliseconds until such a server has to respond. */
const START_TIMEOUT = 60_000

/**
 * Runs a server that is not a script of ours, and announces it. It runs in the foreground, in a folder of its own, and
 * both end with this process. Its standard output is dropped.
 * @param {string} file - its executable
 * @param {(context: LaunchContext) => string[]} toArguments
 *
 * @typedef {object} LaunchContext
 * @property {number} port - free, on 127.0.0.1
 * @property {string} folder - its working directory, for the files that it writes
 * @property {(name: string, text: string) => string} write - writes a file of that folder, and returns its path
 */
export async function runForeign (file, toArguments) {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'))
  const port = await findFreePort()
  const write = (name, text) => {
    writeFileSync(join(folder, name), text)
    return join(folder, name)
  }
  const child = spawn(file, toArguments({ port, folder, write }), { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] })
  // Waits for the child: one that has ended stays in the table of processes until its parent does.
  child.once('exit', code => process.exit(code ?? 0))
  process.once('SIGTERM', () => child.kill())
  process.once('exit', () => {
    child.kill()
    rmSync(folder, { recursive: true, force: true })
  })
  await waitForResponse(port)
  announce([], { ports: [port], pid: child.pid })
}

/** Such servers do not report which port they got for 0. */
async function findFreePort () {
  const server = net.createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  await once(server.close(), 'close')
  return port
}

/** A connection alone proves little: the gateway's command opens its port before it hands that to its workers. */
async function waitForResponse (port) {
  for (const startedAt = Date.now(); !await isResponding(port);) {
    if (Date.now() - startedAt > START_TIMEOUT) throw new Error(`no response on port ${port} after ${START_TIMEOUT} ms`)
    // Not so often that the probes keep a busy machine from starting it.
    await delay(50)
  }
}

/** Any response will do, of any length. */
async function isResponding (port) {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/bench/small`)
    await response.body?.cancel()
    return true
  } catch {
    return false
  }
}
