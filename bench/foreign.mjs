import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { announce } from './announce.mjs'
import { findCommand } from './commands.mjs'

/** How long, in milliseconds, such a server may take until it listens. */
const PATIENCE = 5000

/**
 * Runs a server that is not a script of ours, and announces it. It lives in the foreground and ends with this process, and so
 * does its folder.
 * @param {string} command
 * @param {(place: { port: number, folder: string }) => string} configure - resolves to its configuration; `port` is free and on
 *   127.0.0.1, `folder` is for whatever it writes
 * @param {(place: { file: string, folder: string }) => string[]} toArguments - that make it read that configuration
 */
export async function runForeign (command, configure, toArguments) {
  const folder = mkdtempSync(join(tmpdir(), `bench-${command}-`))
  const port = await findFreePort()
  const file = join(folder, 'configuration')
  writeFileSync(file, configure({ port, folder }))
  const child = spawn(findCommand(command), toArguments({ file, folder }), { stdio: ['ignore', 'ignore', 'inherit'] })
  child.once('exit', () => process.exit(1))
  process.once('SIGTERM', () => process.exit())
  process.once('exit', () => {
    child.kill()
    rmSync(folder, { recursive: true, force: true })
  })
  await waitForListener(port)
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

async function waitForListener (port) {
  for (const startedAt = Date.now(); !await isListening(port);) {
    if (Date.now() - startedAt > PATIENCE) throw new Error(`nothing listens on port ${port} after ${PATIENCE} ms`)
    await delay(10)
  }
}

async function isListening (port) {
  const socket = net.connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
