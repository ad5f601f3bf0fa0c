import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import os from 'node:os'
import { readVersions } from './contenders.mjs'

const require = createRequire(import.meta.url)

/** A load average above this at the start means that other programs use the machine. */
const QUIET = 0.5

/**
 * The facts that the numbers of a run depend on, beside the code.
 * @param {string[]} contenders - their names
 */
export function describeMachine (contenders) {
  const [processor] = os.cpus()
  return {
    processor: processor.model,
    cores: os.availableParallelism(),
    kernel: os.release(),
    node: process.version,
    fastify: require('fastify/package.json').version,
    undici: require('undici/package.json').version,
    versions: readVersions(contenders),
    loadAverage: readLoadAverage(),
  }
}

/** How many processes ran or waited to, over the last minute. */
export function readLoadAverage () {
  return Number(readFileSync('/proc/loadavg', 'utf8').split(' ')[0])
}

/** @param {number} loadAverage - before the run */
export function isBusy (loadAverage) {
  return loadAverage > QUIET
}
