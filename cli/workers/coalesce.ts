/**
 * Runs a task one at a time: however often it is asked for while it runs, it runs once more afterwards.
 * @param task - never rejects
 */
export function coalesce (task: () => Promise<void>): () => Promise<void> {
  let isWanted = false
  let isRunning = false
  return async function run () {
    isWanted = true
    if (isRunning) return
    isRunning = true
    while (isWanted) {
      isWanted = false
      await task()
    }
    isRunning = false
  }
}
