import { execFileSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { findCommand } from './commands.mjs'

const require = createRequire(import.meta.url)

/**
 * The contenders, each with a script in contenders/, and what it needs: a package of this repository, or a command.
 * @type {Record<string, { package?: string, command?: string }>}
 */
const contenders = {
  gateway: {},
  'fastify-http-proxy': { package: '@fastify/http-proxy' },
  'http-proxy-3': { package: 'http-proxy-3' },
  'node-undici': {},
  nginx: { command: 'nginx' },
  haproxy: { command: 'haproxy' },
}

/** The subject of the benchmark: it takes part in every scenario. */
export const SUBJECT = 'gateway'

/** The contenders that it is compared with. */
export const opponents = Object.keys(contenders).filter(name => name !== SUBJECT)

/** Packages come with the repository; commands may be missing. */
export function isInstalled (name) {
  const { command } = contenders[name]
  return command === undefined || findCommand(command) !== undefined
}

/**
 * The versions of contenders from elsewhere; Node, Fastify and undici are reported anyway.
 * @param {string[]} names - of contenders that are installed
 * @returns {{ name: string, version: string }[]}
 */
export function readVersions (names) {
  return names
    .map(name => ({ name, version: readVersion(contenders[name]) }))
    .filter(({ version }) => version !== undefined)
}

function readVersion ({ package: dependency, command }) {
  if (dependency !== undefined) return require(`${dependency}/package.json`).version
  if (command === undefined) return undefined
  // nginx prints it on standard error, HAProxy on standard output.
  const output = execFileSync('/bin/sh', ['-c', '"$0" -v 2>&1', findCommand(command)], { encoding: 'utf8' })
  return /\d+(\.\d+)+/.exec(output)[0]
}
