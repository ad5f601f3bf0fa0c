import { readFileSync } from 'node:fs'
import { sum } from './statistics.mjs'

/** Microseconds in one tick of /proc: USER_HZ is 100 on every architecture that Node runs on. */
const MICROS_PER_TICK = 10_000

/** The first field of /proc/<pid>/stat after the name is the third; user and system time are the 14th and 15th. */
const USER_TIME = 14 - 3

/**
 * CPU time that a process and those that it started have used so far, user and system, all of their threads, in
 * microseconds, in steps of 10 ms. That of processes that have ended is missing.
 * @param {number} pid
 * @see proc_pid_stat(5)
 */
export function readCpuMicros (pid) {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(child => child !== '')
  return readOwnCpuMicros(pid) + sum(children.map(readCpuMicros))
}

function readOwnCpuMicros (pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // The name is in parentheses and may contain spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[USER_TIME]) + Number(fields[USER_TIME + 1])) * MICROS_PER_TICK
}

/**
 * Memory that a process has for itself, in KB: heap, buffers and stacks, not the files that it shares. Buffers of the
 * kernel for its sockets belong to no process.
 * @param {number} pid
 * @see proc_pid_status(5)
 */
export function readMemory (pid) {
  return Number(/^RssAnon:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1])
}
