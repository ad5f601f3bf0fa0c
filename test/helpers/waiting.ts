import type { Socket } from 'node:net'

/** A promise, and what settles it from outside. */
export interface Deferred<T> {
  promise: Promise<T>
  resolve (value: T): void
}

export function defer<T = void> (): Deferred<T> {
  let resolve!: (value: T) => void
  const promise = new Promise<T>(_resolve => { resolve = _resolve })
  return { promise, resolve }
}

/**
 * Bound for what the contract calls "at once" and "within a second": far below every default timeout, far above a busy
 * machine.
 */
const SOON = 5000

/** The promise, or a failure when it takes longer than "at once" can mean. */
export async function soon<T> (promise: Promise<T>, what: string): Promise<T> {
  return within(promise, () => `too late: ${what}`, SOON)
}

/** An upper bound for what must happen, so that a failure says what did not. */
export async function within<T> (promise: Promise<T>, describe: () => string, milliseconds = 4000): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(describe())), milliseconds)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Resolves when the connection is closed, with an error or without one. */
export async function closing (socket: Socket): Promise<void> {
  if (socket.closed) return
  await new Promise<void>(resolve => { socket.once('close', () => resolve()) })
}
