import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import ts from 'typescript'

// After `tap`: lib/ must be covered, all of it. Prints what is not, and every room's totals on one line. A file that no
// test has loaded is in no report, so the files are looked for on the disk. cli/ is no room here: its tests run the
// compiled command in processes of its own, where nothing is counted.

const REPORT = '.tap/report/coverage-final.json'
const ROOMS = ['lib', 'plugins', 'routes']
const COVERED_ROOM = 'lib'
const LEAST = 100
const KINDS = ['lines', 'branches', 'functions']

if (!existsSync(REPORT)) {
  console.error(`error: there is no ${REPORT}; run "npx tap" first, with coverage`)
  process.exit(1)
}

const report = readReport()
const rooms = ROOMS.map(room => ({ room, files: listSources(room).map(measure) }))
const gaps = rooms.filter(({ room }) => room === COVERED_ROOM).flatMap(({ files }) => files).flatMap(describeGaps)
for (const gap of gaps) console.error(gap)
console.log(`coverage (${KINDS.join('/')}): ${rooms.map(describeTotals).join(' · ')}`)
if (rooms.some(({ room, files }) => room === COVERED_ROOM && percentsOf(files).some(percent => percent < LEAST))) {
  console.error(`error: less than ${LEAST} % of ${COVERED_ROOM}/ is covered`)
  process.exitCode = 1
}

/** By path from the working directory. */
function readReport () {
  const files = Object.values(JSON.parse(readFileSync(REPORT, 'utf8')))
  return new Map(files.map(file => [relative(process.cwd(), file.path), file]))
}

/** The TypeScript files of a room in which something happens: one that holds types only becomes nothing. */
function listSources (room) {
  if (!existsSync(room)) return []
  return readdirSync(room, { recursive: true })
    .filter(name => name.endsWith('.ts') && !name.endsWith('.d.ts'))
    .map(name => join(room, name))
    .filter(hasCode)
    .sort()
}

function hasCode (path) {
  const { outputText } = ts.transpileModule(readFileSync(path, 'utf8'), {
    compilerOptions: {
      target: ts.ScriptTarget.ESNext,
      module: ts.ModuleKind.ESNext,
      removeComments: true,
      verbatimModuleSyntax: true,
    },
  })
  return outputText.replace(/^(export \{\s*\};?|import \{\s*\} from .*)$/gm, '').trim() !== ''
}

/** What of a file is covered: for lines, branches and functions, each place with the number of times that it ran. */
function measure (path) {
  const file = report.get(path)
  if (file === undefined) return { path, isLoaded: false, lines: [], branches: [], functions: [] }
  const { statementMap, s, branchMap, b, fnMap, f } = file
  return {
    path,
    isLoaded: true,
    // One statement a line is how c8 counts.
    lines: Object.entries(statementMap).map(([id, { start }]) => ({ at: start.line, count: s[id] })),
    branches: Object.entries(branchMap).flatMap(([id, { locations }]) =>
      locations.map(({ start }, index) => ({ at: start.line, count: b[id][index] }))
    ),
    functions: Object.entries(fnMap).map(([id, { name, loc }]) => ({
      at: `${name} (line ${loc.start.line})`,
      count: f[id],
    })),
  }
}

function describeGaps (file) {
  if (!file.isLoaded) return [`${file.path}: no test loads it`]
  const missing = KINDS.map(kind => [kind, file[kind].filter(({ count }) => count === 0).map(({ at }) => at)])
  const parts = missing.filter(([, places]) => places.length > 0).map(([kind, places]) => `${kind} ${joinPlaces(places)}`)
  return parts.length === 0 ? [] : [`${file.path}: ${parts.join('; ')}`]
}

/** `3, 4, 5, 9` are `3-5, 9`. */
function joinPlaces (places) {
  const runs = []
  for (const place of places) {
    const run = runs.at(-1)
    if (run !== undefined && run.last + 1 === place) run.last = place
    else runs.push({ first: place, last: place })
  }
  return runs.map(({ first, last }) => first === last ? first : `${first}-${last}`).join(', ')
}

function describeTotals ({ room, files }) {
  return `${room} ${percentsOf(files).join('/')} %`
}

/** A file that no test loads counts as one of each that did not run. */
function percentsOf (files) {
  return KINDS.map(kind => {
    const places = files.flatMap(file => file.isLoaded ? file[kind] : [{ count: 0 }])
    const covered = places.filter(({ count }) => count > 0).length
    // Rounded down: 99.99 is not 100.
    return places.length === 0 ? 100 : Math.floor(covered / places.length * 1000) / 10
  })
}
