/**
 * Makes a function that never runs a task twice at a time: calls while it runs make it run once more afterwards.
 * @param task - never rejects
 */
export function coalesce (task: () => Promise<void>): () => Promise<void> {
  let isRequested = false
  let isRunning = false
  return async function run () {
    isRequested = true
    if (isRunning) return
    isRunning = true
    while (isRequested) {
      isRequested = false
      await task()
    }
    isRunning = false
  }
}
