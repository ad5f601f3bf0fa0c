import { setTimeout as delay } from 'node:timers/promises'

/** Waits for what must become true in the end. Bounded, so that a failure says what did not. */
export async function eventually (isTrue: () => boolean, describe: () => string, milliseconds = 10_000): Promise<void> {
  const endsAt = performance.now() + milliseconds
  while (!isTrue()) {
    if (performance.now() > endsAt) throw new Error(`still not after ${milliseconds} ms: ${describe()}`)
    await delay(5)
  }
}
