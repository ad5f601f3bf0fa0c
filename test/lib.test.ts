import { runTogether } from './together.ts'

runTogether('lib')
