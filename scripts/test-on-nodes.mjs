import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

// `npm run test:nodes -- 22 24`: the tests of what depends on the version of Node, on other versions than this one,
// which npx fetches. What is printed is whole TAP of a version that fails, and at the end the totals of all, as tap
// writes them.

/**
 * Folders of test/: the uses of what node does not document, the connections to both sides, and everything on the wire.
 */
const FOLDERS = ['lib/downstream', 'lib/dispatch', 'lib/transport', 'wire']
/** Of the whole run on one version, in seconds. */
const TIMEOUT = 400

const root = fileURLToPath(new URL('../', import.meta.url))
const versions = process.argv.length > 2 ? process.argv.slice(2) : ['22', '24']

const outcomes = await Promise.all(versions.map(run))
const total = { total: 0, pass: 0, fail: 0, skip: 0, todo: 0 }
for (const { version, seconds, exitCode, output, counts } of outcomes) {
  if (exitCode !== 0) console.log(`${output}\n`)
  console.log(`# Node ${version}: ${JSON.stringify(counts)}, exit code ${exitCode}, ${seconds} s`)
  for (const name of Object.keys(total)) total[name] += counts[name] ?? 0
}
console.log(`# { ${Object.entries(total).map(([name, count]) => `${name}: ${count}`).join(', ')} }`)
process.exitCode = outcomes.every(({ exitCode }) => exitCode === 0) ? 0 : 1

async function run (version) {
  const startedAt = performance.now()
  const args = ['-y', '-p', `node@${version}`, '--', 'node', '--import=./test/loader/register.mjs', 'test/helpers/run-folders.ts', ...FOLDERS]
  // Without TAP_TIMEOUT, tap ends its process after 30 seconds.
  const child = spawn('npx', args, { cwd: root, env: { ...process.env, TAP_TIMEOUT: String(TIMEOUT) }, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', text => { output += text })
  child.stderr.setEncoding('utf8').on('data', text => { output += text })
  const [exitCode] = await once(child, 'close')
  return {
    version,
    exitCode,
    output,
    seconds: Math.round((performance.now() - startedAt) / 1000),
    counts: readCounts(output, exitCode),
  }
}

/** A run that ended before its totals counts as one failure, besides those that it had. */
function readCounts (output, exitCode) {
  const totals = /^# \{ (total: .*) \}$/m.exec(output)?.[1]
  if (totals !== undefined) return Object.fromEntries(totals.split(', ').map(pair => pair.split(': ')).map(([name, count]) => [name, Number(count)]))
  const failed = output.match(/^ *not ok /gm)?.length ?? 0
  const pass = output.match(/^ *ok /gm)?.length ?? 0
  const fail = failed + (exitCode === 0 ? 0 : 1)
  return { total: pass + fail, pass, fail }
}
