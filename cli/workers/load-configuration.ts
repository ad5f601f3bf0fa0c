import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { Configuration } from '../../lib/configuration/resolve.ts'
import type { ConfigurationSource } from '../flags.ts'
import { resolveEntry } from './worker-process.ts'
import { deserializeError, type SerializedError } from './serialize-error.ts'

/** Result of the thread. */
export type Loaded = { configuration: Configuration } | { error: SerializedError }

/**
 * Loads the configuration from the files as they are now. A process caches every module that it has imported for good:
 * the configuration file, its imports, and the manifests of apps. So a thread does it, which has a module cache of its
 * own.
 * @throws GW_ERR_CONFIG
 */
export async function loadInThread (source: ConfigurationSource): Promise<Configuration> {
  const thread = new Worker(resolveEntry(import.meta.url, 'configuration-thread'), { workerData: source })
  try {
    const [loaded] = await once(thread, 'message') as [Loaded]
    if ('error' in loaded) throw deserializeError(loaded.error)
    return loaded.configuration
  } finally {
    // A configuration file may have left handles open.
    await thread.terminate()
  }
}
