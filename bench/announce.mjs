import v8 from 'node:v8'
import vm from 'node:vm'

/**
 * Tells the benchmark that started this process that it is ready, answers what the benchmark asks from then on, one
 * question at a time, and ends with the benchmark, however that ends.
 * @param {import('node:net').Server[]} servers - listening
 * @param {object} [facts] - what else there is to tell; `ports` and `pid` where somebody else listens
 * @param {(question: object) => object | Promise<object>} [answer] - by default a server's, who is only ever asked to
 *   collect garbage
 */
export function announce (servers, facts = {}, answer = collectGarbage) {
  process.once('disconnect', () => process.exit())
  process.on('message', async question => process.send(await answer(question)))
  process.send({ pid: process.pid, ports: servers.map(server => server.address().port), ...facts })
}

/** So that a server's memory can be compared with what it was before, without what merely was not collected yet. */
function collectGarbage () {
  v8.setFlagsFromString('--expose-gc')
  const collect = vm.runInNewContext('gc')
  // What the first one finalizes only the second one frees.
  for (let pass = 0; pass < 2; pass++) collect()
  return {}
}
