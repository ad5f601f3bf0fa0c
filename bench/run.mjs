import { mkdir, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { applyLoad, loadName } from './load.mjs'
import { describeMachine, isBusy, readLoadAverage } from './machine.mjs'
import { contendersDir, readOptions } from './options.mjs'
import { chooseCores, readCpuMicros, startServer } from './processes.mjs'
import { formatTable, summarize } from './report.mjs'
import { scenarios } from './scenarios.mjs'

/** Runs every scenario, prints a table of each, and writes everything that was measured to one file. */
async function main (args) {
  const options = readOptions(args)
  const cores = chooseCores()
  const report = { startedAt: new Date().toISOString(), machine: describeMachine(), load: loadName, cores, options, scenarios: [] }
  printHeading(report)
  for (const name of options.scenarioNames) {
    const contenders = await measureScenario(scenarios[name], options, cores)
    console.log(`\n${name}: ${scenarios[name].title}, ${scenarios[name].connections} connections; medians of ${options.rounds} x ${options.seconds} s\n`)
    console.log(formatTable(contenders))
    report.scenarios.push({ name, ...scenarios[name], contenders })
  }
  report.loadAverageAfter = readLoadAverage()
  console.log(`\nwritten to ${relative('', await writeReport(report, options.out))}`)
}

function printHeading ({ machine, load, cores }) {
  const { processor, cores: count, node, fastify, undici, loadAverage } = machine
  console.log(`${processor}, ${count} cores\nNode ${node}, Fastify ${fastify}, undici ${undici}`)
  const places = cores.contender === undefined ? 'nothing pinned to a core' : `contenders on core ${cores.contender}, load on core ${cores.load}`
  console.log(`load from ${load}, ${places}`)
  if (isBusy(loadAverage)) console.log(`load average ${loadAverage} before the run: others use this machine, trust no number`)
}

/** Starts target and contenders, measures these in turn (A B A B), and stops them all, also when one fails. */
async function measureScenario (scenario, options, cores) {
  const servers = []
  const start = async (script, args, core) => {
    const server = await startServer(script, args, core)
    servers.push(server)
    return server
  }
  try {
    const target = await start(fileURLToPath(new URL('target.mjs', import.meta.url)), [], cores.load)
    const contenders = []
    for (const name of options.contenders) {
      contenders.push({ name, server: await start(join(contendersDir, `${name}.mjs`), [target.url], cores.contender) })
    }
    for (const contender of contenders) await checkAnswer(contender, target, scenario)
    return await takeTurns(contenders, scenario, options, cores)
  } finally {
    await Promise.all(servers.map(server => server.stop()))
  }
}

/** A contender that answers something else, an error for example, is fast for the wrong reason. */
async function checkAnswer ({ name, server }, target, { path }) {
  const [expected, answer] = await Promise.all([target, server].map(async ({ url }) => await (await fetch(url + path)).text()))
  if (answer !== expected) throw new Error(`${name} does not answer what the target answers, but: ${answer}`)
}

async function takeTurns (contenders, scenario, { seconds, rounds }, cores) {
  const measured = contenders.map(({ name }) => ({ name, rounds: [] }))
  // The first turn of each is for the compiler, and is not counted.
  for (const contender of contenders) await measureRound(contender, scenario, seconds, cores)
  for (let round = 0; round < rounds; round++) {
    for (const [index, contender] of contenders.entries()) {
      measured[index].rounds.push(await measureRound(contender, scenario, seconds, cores))
    }
  }
  return measured.map(contender => ({ ...contender, ...summarize(contender, measured[0]) }))
}

async function measureRound ({ name, server }, { path, connections }, seconds, cores) {
  const before = readCpuMicros(server.pid)
  const counts = await applyLoad({ url: server.url + path, connections, seconds, core: cores.load })
  const cpuMicros = readCpuMicros(server.pid) - before
  if (counts.errors > 0 || counts.requests === 0) throw new Error(`${name} failed: ${JSON.stringify(counts)}`)
  return { ...counts, cpuMicros }
}

async function writeReport (report, folder) {
  await mkdir(folder, { recursive: true })
  const file = join(folder, `${report.startedAt.replaceAll(':', '-')}.json`)
  await writeFile(file, `${JSON.stringify(report, null, 2)}\n`)
  return file
}

try {
  await main(process.argv.slice(2))
} catch (error) {
  console.error(error.message)
  process.exitCode = 1
}
