// Runs the tests of the folders of test/ that the arguments name, in this one process: see scripts/test-on-nodes.mjs.
import { runTogether } from './run-together.ts'

for (const folder of process.argv.slice(2)) runTogether(folder)
