// The thread of `loadAnew()`.
import { parentPort, workerData } from 'node:worker_threads'
import { loadConfiguration } from '../../lib/configuration/load.ts'
import type { ConfigurationSource } from '../flags.ts'
import type { Loaded } from './load-anew.ts'
import { toPlainError } from './plain-error.ts'

const { config, overrides } = workerData as ConfigurationSource
const loaded: Loaded = await loadConfiguration(config, overrides).then(configuration => ({ configuration }), (error: unknown) => ({ error: toPlainError(error) }))
parentPort!.postMessage(loaded)
