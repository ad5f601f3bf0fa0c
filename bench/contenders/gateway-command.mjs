import { fileURLToPath } from 'node:url'
import { runForeign } from '../foreign.mjs'

// The command as users run it, which serves by several processes: `gateway-command.mjs UPSTREAM WORKERS`. It logs a
// line for each request, as it always does, to /dev/null. Its port is chosen beforehand, since it would be reported in
// that log only.
const [url, workers] = process.argv.slice(2)
const command = fileURLToPath(new URL('../../dist/bin/fastify-gateway.js', import.meta.url))
const configuration = JSON.stringify({ extraProxy: [{ prefix: 'bench', url }] })

await runForeign(process.execPath, ({ port, write }) => [
  command, 'start', '--workers', workers, '--port', String(port), '--config', write('gateway.config.json', configuration),
])
