import { closeSync, openSync } from 'node:fs'
import { constants } from 'node:os'

const SIGNALS = ['SIGTERM', 'SIGINT'] as const

/** Something that was left open, in a configuration file for example, may not hold the exit up for longer. Milliseconds. */
const EXIT_DELAY = 1000

/**
 * Waits for `SIGTERM` or `SIGINT`, and then stops. A second signal exits at once, with 128 and its number as shells have it.
 * @param stop - finishes what is under way
 * @returns when it has stopped; rejects as `stop` does
 */
export async function stopOnSignal (stop: (signal: string) => Promise<void>): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    let isStopping = false
    for (const signal of SIGNALS) {
      process.on(signal, function onSignal () {
        if (isStopping) process.exit(128 + constants.signals[signal])
        isStopping = true
        stop(signal).then(resolve, reject)
      })
    }
  })
  setTimeout(() => process.exit(), EXIT_DELAY).unref()
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
