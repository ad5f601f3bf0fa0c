import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'

/** The workers that have ever listened, in order, as the log of their primary has them. */
export function workersIn (stdout: string): number[] {
  return [...stdout.matchAll(/"worker":(\d+),"msg":"worker listens"/g)].map(([, pid]) => Number(pid))
}

/** Matches when so many workers have listened. */
export function listeners (count: number): RegExp {
  return new RegExp(`(?:"msg":"worker listens"[^]*){${count}}`)
}

export function isAlive (pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** The process ids of a process's children, from /proc. */
export function childrenOf ({ pid }: { pid?: number | undefined }): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim().split(' ').map(Number)
}

/** Resolves when none of them runs. A test that waits for ever for that fails by its timeout. */
export async function untilGone (pids: readonly number[]): Promise<void> {
  while (pids.some(isAlive)) await delay(10)
}
