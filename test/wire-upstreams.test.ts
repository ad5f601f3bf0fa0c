import { runTogether } from './together.ts'

runTogether('wire', file => file.startsWith('upstream-'))
