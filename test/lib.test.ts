import { runTogether } from './helpers/run-together.ts'

runTogether('lib')
