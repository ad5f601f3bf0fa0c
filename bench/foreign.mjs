import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { announce } from './announce.mjs'

/** How long, in milliseconds, such a server may take until it answers. */
const PATIENCE = 60_000

/**
 * Runs a server that is not a script of ours, and announces it. It lives in the foreground, in a folder of its own, and
 * both end with this process. What it writes to standard output is dropped.
 * @param {string} file - that is executed
 * @param {(place: Place) => string[]} toArguments
 *
 * @typedef {object} Place
 * @property {number} port - free, on 127.0.0.1
 * @property {string} folder - for whatever it writes, and where it runs
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
  // It is waited for, as a child that has ended stays in the table of processes until somebody does.
  child.once('exit', code => process.exit(code ?? 0))
  process.once('SIGTERM', () => child.kill())
  process.once('exit', () => {
    child.kill()
    rmSync(folder, { recursive: true, force: true })
  })
  await waitForAnswer(port)
  announce([], { ports: [port], pid: child.pid })
}

/** Such servers do not say which port they got for 0. */
async function findFreePort () {
  const server = net.createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  await once(server.close(), 'close')
  return port
}

/** A connection alone says little: the gateway's command tries its port before it hands it to its workers. */
async function waitForAnswer (port) {
  for (const startedAt = Date.now(); !await isAnswering(port);) {
    if (Date.now() - startedAt > PATIENCE) throw new Error(`nothing answers on port ${port} after ${PATIENCE} ms`)
    // Not so often that asking keeps a busy machine from starting it.
    await delay(50)
  }
}

/** Whatever the answer is, and however long it would be. */
async function isAnswering (port) {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/bench/small`)
    await response.body?.cancel()
    return true
  } catch {
    return false
  }
}
