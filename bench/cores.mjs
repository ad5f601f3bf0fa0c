import { readFileSync } from 'node:fs'
import { findCommand } from './commands.mjs'

/**
 * The core of the contender and that of the load; `undefined` is any: with one core, or without taskset.
 * @returns {{ contender?: number, load?: number }}
 */
export function chooseCores () {
  const cores = allowedCores()
  return cores.length < 2 || findCommand('taskset') === undefined ? {} : { contender: cores[0], load: cores[1] }
}

/** The cores that this process may use; in a container these need not begin at 0. `0-2,5` is `[0, 1, 2, 5]`. */
function allowedCores () {
  const [, list] = /^Cpus_allowed_list:\s*(\S+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))
  return list.split(',').flatMap(range => {
    const [first, last = first] = range.split('-').map(Number)
    return Array.from({ length: last - first + 1 }, (_, index) => first + index)
  })
}
