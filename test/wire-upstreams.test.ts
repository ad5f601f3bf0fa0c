import { runTogether } from './helpers/run-together.ts'

runTogether('wire', file => file.startsWith('upstream-'))
