/**
 * Tells the benchmark that started this process where its servers listen, and ends with the benchmark, however that ends.
 * @param {import('node:net').Server[]} servers - listening
 */
export function announce (...servers) {
  process.once('disconnect', () => process.exit())
  process.send({ ports: servers.map(server => server.address().port) })
}
