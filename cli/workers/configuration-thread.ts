// Entry of the thread of `loadInThread()`.
import { parentPort, workerData } from 'node:worker_threads'
import { loadConfiguration } from '../../lib/configuration/load.ts'
import type { ConfigurationSource } from '../flags.ts'
import type { Loaded } from './load-configuration.ts'
import { serializeError } from './serialize-error.ts'

const { config, overrides } = workerData as ConfigurationSource
const loaded: Loaded = await loadConfiguration(config, overrides).then(
  configuration => ({ configuration }),
  (error: unknown) => ({ error: serializeError(error) })
)
parentPort!.postMessage(loaded)
