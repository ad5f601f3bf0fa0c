import type { Demo } from '../examples/demo.ts'
import type { GatewayOptions } from '../lib/options/schema.ts'
import type { ConfigurationSource } from './flags.ts'
import { type Column, renderTable } from './table.ts'

const NOT_INSTALLED = 'the example apps need the development dependencies: ' +
  'run "npm ci && npm start" in a clone of the repository'

/**
 * Starts the example apps. They need the development dependencies, so they are loaded only when they are requested.
 * @throws when these are not installed
 */
export async function loadDemo (): Promise<Demo> {
  const { startDemo } = await import('../examples/demo.ts').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error
    throw new Error(NOT_INSTALLED, { cause: error })
  })
  return await startDemo()
}

/** The configuration of the demo: flags apply to it, but the project in the working directory does not. */
export function configureDemo ({ overrides }: ConfigurationSource, demo: Demo): ConfigurationSource {
  const noOtherApps: GatewayOptions = { installedApps: [] }
  return { config: false, overrides: { ...noOtherApps, ...demo.options, ...overrides } }
}

/** The pages that can be opened, a line each. */
export function renderLinks ({ links }: Pick<Demo, 'links'>, address: string, width: number): string[] {
  const columns: Column[] = [{ title: '' }, { title: '' }, { title: '', minWidth: 10 }]
  const rows = links.map(({ title, path }) => ['', address + path, title])
  return ['Open in a browser:', ...renderTable(columns, rows, width)]
}
