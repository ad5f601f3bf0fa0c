import { mkdir, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chooseCores } from './cores.mjs'
import { summarize } from './figures.mjs'
import { checkGoals, columns as goalColumns } from './goals.mjs'
import { printHeading } from './heading.mjs'
import * as kinds from './kinds.mjs'
import { describeMachine, readLoadAverage } from './machine.mjs'
import { readOptions } from './options.mjs'
import { startScript } from './processes.mjs'
import { scenarios } from './scenarios.mjs'
import { formatTable, showNumber, showRatio } from './table.mjs'
import { takeTurns } from './turns.mjs'

/**
 * Runs every scenario, prints a table of each and one of all goals, and writes all measurements to one file.
 */
async function main (args) {
  const options = readOptions(args)
  const cores = options.smoke ? {} : chooseCores()
  const report = {
    startedAt: new Date().toISOString(),
    machine: describeMachine(options.contenders),
    cores,
    options,
    scenarios: [],
  }
  printHeading(report)
  for (const name of options.scenarioNames) report.scenarios.push(await runScenario(name, options, cores))
  report.goals = report.scenarios.flatMap(({ goalResults }) => goalResults)
  if (report.goals.length > 0) console.log(`\ngoals\n\n${formatTable(goalColumns, report.goals)}`)
  report.loadAverageAfter = readLoadAverage()
  console.log(`\nwritten to ${relative('', await writeReport(report, options.out))}`)
}

/** Resolves to the scenario, its measurements, and the results of its goals. */
async function runScenario (name, options, cores) {
  const { smoke, ...full } = scenarios[name]
  const scenario = options.smoke ? { ...full, ...smoke } : full
  const kind = kinds[scenario.kind]
  const description = kind.describe(scenario)
  console.log(`\n${name}: ${description}`)
  const measured = await measureScenario(kind, scenario, options, cores)
  const contenders = measured.map(contender => ({ ...contender, ...summarize(kind.figures, contender, measured[0]) }))
  console.log(`\n${formatTable(toColumns(kind.figures), contenders)}`)
  const goalResults = checkGoals({ name, ...scenario }, kind.figures, measured)
  return { name, description, ...scenario, contenders, goalResults }
}

/** Sets a scenario up, measures its contenders, and stops every process, also when one fails. */
async function measureScenario (kind, scenario, options, cores) {
  const processes = []
  const start = (script, args, core) => {
    const started = startScript(fileURLToPath(new URL(script, import.meta.url)), args, core)
    processes.push(started)
    return started
  }
  try {
    return await takeTurns(await kind.setUp(scenario, { options, cores, start }), options)
  } finally {
    // One that fails leaves others that are still starting.
    const started = await Promise.allSettled(processes)
    await Promise.all(started.map(({ value }) => value?.stop()))
  }
}

/** A column for each figure, between the name and how the first contender compares. */
function toColumns (figures) {
  return [
    { heading: 'contender', show: ({ name }) => name },
    ...figures.map(({ heading, digits }) => ({ heading, show: showNumber(heading, digits) })),
    { heading: 'first is', show: showRatio('ratio') },
  ]
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
