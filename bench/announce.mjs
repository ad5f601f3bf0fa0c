/**
 * Tells the benchmark that started this process where the server listens, and ends with the benchmark, however that ends.
 * @param {import('node:net').Server} server - listening
 */
export function announce (server) {
  process.once('disconnect', () => process.exit())
  process.send({ port: server.address().port })
}
