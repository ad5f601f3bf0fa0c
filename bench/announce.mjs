import v8 from 'node:v8'
import vm from 'node:vm'

/**
 * Notifies the benchmark, which started this process, that it is ready; from then on runs the commands of the
 * benchmark, one at a time, and ends with the benchmark, however that ends.
 * @param {import('node:net').Server[]} servers - listening
 * @param {object} [facts] - also sent to the benchmark; `ports` and `pid` where another process listens
 * @param {(command: object) => object | Promise<object>} [run] - resolves to the result of a command; by default a
 *   server's, whose only command is to collect garbage
 */
export function announce (servers, facts = {}, run = collectGarbage) {
  process.once('disconnect', () => process.exit())
  process.on('message', async command => process.send(await run(command)))
  process.send({ pid: process.pid, ports: servers.map(server => server.address().port), ...facts })
}

/** So that a server's memory can be compared with its memory before, without garbage. */
function collectGarbage () {
  v8.setFlagsFromString('--expose-gc')
  const collect = vm.runInNewContext('gc')
  // The second one frees what the first one finalizes.
  for (let pass = 0; pass < 2; pass++) collect()
  return {}
}
