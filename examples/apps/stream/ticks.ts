import { setTimeout as sleep } from 'node:timers/promises'

const tickInterval = 1000
/** A client that was away for longer gets only the last ones. */
const maxMissed = 60

/**
 * One event a second, for ever, the first at once. The id of a tick is its second since 1970: what a client missed
 * follows from its `Last-Event-ID` alone, even when the app was started again in between.
 * @param lastEventId - the last that the client saw; `undefined`, or anything that is no id of ours, starts now
 * @param signal - ends the wait for the next one
 * @returns events as they go on the wire
 * @see WHATWG HTML, 9.2 Server-sent events
 */
export async function * ticks (lastEventId: string | undefined, signal: AbortSignal): AsyncGenerator<string> {
  for (let tick = firstTick(lastEventId, Date.now()); ; tick++) {
    const early = tick * tickInterval - Date.now()
    if (early > 0) await sleep(early, undefined, { signal })
    yield formatTick(tick)
  }
}

function firstTick (lastEventId: string | undefined, now: number): number {
  const current = Math.floor(now / tickInterval)
  const last = /^\d{1,15}$/.test(lastEventId ?? '') ? Number(lastEventId) : Infinity
  if (last > current) return current
  return Math.max(last + 1, current - maxMissed + 1)
}

function formatTick (tick: number): string {
  const data = JSON.stringify({ tick, time: new Date(tick * tickInterval).toISOString() })
  return `id: ${tick}\nevent: tick\ndata: ${data}\n\n`
}
