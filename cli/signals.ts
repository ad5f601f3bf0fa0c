import { closeSync, openSync } from 'node:fs'
import { constants } from 'node:os'
import type { Service } from './service.ts'

const SIGNALS = ['SIGTERM', 'SIGINT'] as const

/** Something that was left open, in a configuration file for example, may not hold the exit up for longer. Milliseconds. */
const EXIT_DELAY = 1000

/**
 * Waits for `SIGTERM` or `SIGINT`, and then stops. A second signal exits at once, with 128 and its number as shells have it.
 * @param service - `stop()` finishes what is under way; `abort()` is called before the exit at once
 * @returns when it has stopped; rejects as `stop()` does
 */
export async function stopOnSignal (service: Pick<Service, 'stop' | 'abort'>): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    let isStopping = false
    for (const signal of SIGNALS) {
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

/** Ends the process, which should end by itself: something that was left open may not hold that up. */
export function exitSoon (): void {
  setTimeout(() => process.exit(), EXIT_DELAY).unref()
}

/** For a process that does as another one says, which gets the signals, too. */
export function ignoreSignals (): void {
  for (const signal of [...SIGNALS, 'SIGHUP']) process.on(signal, () => {})
}

/**
 * Acts on every `SIGHUP`, which would end the process by itself. A shell sends the same when its terminal is closed; nobody
 * is left there who could stop the gateway, so then it ends as if nothing had been said about the signal.
 * @param renew - reads anew what can be read anew
 */
export function renewOnHangup (renew: () => void, { isInteractive }: { isInteractive: boolean }): void {
  process.on('SIGHUP', function onHangup () {
    if (!isInteractive || hasTerminal()) return renew()
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
