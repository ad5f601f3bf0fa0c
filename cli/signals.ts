import { closeSync, openSync } from 'node:fs'
import { constants } from 'node:os'
import type { Service } from './service.ts'

const STOP_SIGNALS = ['SIGTERM', 'SIGINT'] as const

/**
 * Milliseconds after which the process exits although something, a timer of a configuration file perhaps, is left open.
 */
const EXIT_DELAY = 1000

/**
 * Waits for `SIGTERM` or `SIGINT`, and then stops. A second signal exits at once, with 128 and its number as in shells.
 * @param service - `stop()` finishes what is under way; `abort()` is called before the exit at once
 * @returns when it has stopped; rejects as `stop()` does
 */
export async function stopOnSignal (service: Pick<Service, 'stop' | 'abort'>): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    let isStopping = false
    for (const signal of STOP_SIGNALS) {
      process.on(signal, function onSignal () {
        if (isStopping) {
          service.abort()
          process.exit(128 + constants.signals[signal])
        }
        isStopping = true
        service.stop(signal).then(resolve, reject)
      })
    }
  })
  exitSoon()
}

/** Ends the process after a delay, if it has not ended by itself before. */
export function exitSoon (): void {
  setTimeout(() => process.exit(), EXIT_DELAY).unref()
}

/** For a process that another one controls, and that gets the same signals. */
export function ignoreSignals (): void {
  for (const signal of [...STOP_SIGNALS, 'SIGHUP']) process.on(signal, () => {})
}

/**
 * Reloads on every `SIGHUP`, which would end the process by default. A shell sends the same signal when its terminal is
 * closed, and then nobody could stop the gateway any more: in that case the default applies.
 */
export function reloadOnHangup (reload: () => void, { isInteractive }: { isInteractive: boolean }): void {
  process.on('SIGHUP', function onHangup () {
    if (!isInteractive || hasTerminal()) return reload()
    process.off('SIGHUP', onHangup)
    process.kill(process.pid, 'SIGHUP')
  })
}

function hasTerminal (): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r'))
    return true
  } catch {
    return false
  }
}
