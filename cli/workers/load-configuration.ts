import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { Configuration } from '../../lib/configuration/resolve.ts'
import type { ConfigurationSource } from '../flags.ts'
import { fromPlainError, type PlainError } from './serialize-error.ts'
import { siblingOf } from './sibling.ts'

/** What comes back from the thread. */
export type Loaded = { configuration: Configuration } | { error: PlainError }

/**
 * Loads the configuration, from the files as they are now. A process keeps every module that it has imported for all its
 * life, the configuration file, what that imports, and the manifests of apps; so this is done by a thread, which keeps its own.
 * @throws GW_ERR_CONFIG
 */
export async function loadAnew (source: ConfigurationSource): Promise<Configuration> {
  const thread = new Worker(siblingOf(import.meta.url, 'configuration-thread'), { workerData: source })
  try {
    const [loaded] = await once(thread, 'message') as [Loaded]
    if ('error' in loaded) throw fromPlainError(loaded.error)
    return loaded.configuration
  } finally {
    // A configuration file may have left something open.
    await thread.terminate()
  }
}
