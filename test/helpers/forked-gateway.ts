import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import type { Test } from 'tap'
import type { GatewayOptions } from '../../lib/options/schema.ts'

/** A gateway in a process of its own. */
export interface ChildGateway {
  port: number
  child: ChildProcess
  /** Its memory, after a garbage collection. */
  memory (): Promise<NodeJS.MemoryUsage>
}

export async function forkGateway (t: Test, options: GatewayOptions): Promise<ChildGateway> {
  const child = fork(new URL('gateway-process.ts', import.meta.url), [JSON.stringify(options)], {
    execArgv: [...process.execArgv, '--expose-gc'],
  })
  t.teardown(() => child.kill('SIGKILL'))
  const [{ port }] = await once(child, 'message') as [{ port: number }]
  return {
    port,
    child,
    async memory () {
      child.send('memory')
      const [usage] = await once(child, 'message') as [NodeJS.MemoryUsage]
      return usage
    },
  }
}
