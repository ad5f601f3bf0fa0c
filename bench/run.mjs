import { mkdir, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chooseCores } from './cores.mjs'
import { printHeading } from './heading.mjs'
import * as kinds from './kinds.mjs'
import { describeMachine, readLoadAverage } from './machine.mjs'
import { readOptions } from './options.mjs'
import { startScript } from './processes.mjs'
import { scenarios } from './scenarios.mjs'
import { formatTable } from './table.mjs'
import { takeTurns } from './turns.mjs'

/** Runs every scenario, prints a table of each, and writes everything that was measured to one file. */
async function main (args) {
  const options = readOptions(args)
  const cores = chooseCores()
  const report = { startedAt: new Date().toISOString(), machine: describeMachine(options.contenders), cores, options, scenarios: [] }
  printHeading(report)
  for (const name of options.scenarioNames) {
    const scenario = scenarios[name]
    const kind = kinds[scenario.kind]
    const description = kind.describe(scenario)
    console.log(`\n${name}: ${description}`)
    const contenders = await measureScenario(kind, scenario, options, cores)
    console.log(`\n${formatTable(kind.columns, contenders)}`)
    report.scenarios.push({ name, description, ...scenario, contenders })
  }
  report.loadAverageAfter = readLoadAverage()
  console.log(`\nwritten to ${relative('', await writeReport(report, options.out))}`)
}

/** Sets a scenario up, measures its contenders, and stops every server, also when one fails. */
async function measureScenario (kind, scenario, options, cores) {
  const servers = []
  const start = async (script, args, core) => {
    const server = await startScript(fileURLToPath(new URL(script, import.meta.url)), args, core)
    servers.push(server)
    return server
  }
  try {
    const measured = await takeTurns(await kind.setUp(scenario, { options, cores, start }), options)
    return measured.map(contender => ({ ...contender, ...kind.summarize(contender, measured[0]) }))
  } finally {
    await Promise.all(servers.map(server => server.stop()))
  }
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
