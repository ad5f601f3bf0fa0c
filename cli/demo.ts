import type { Demo } from '../examples/demo.ts'
import { renderTable } from './table.ts'

/**
 * Starts the example apps. They need the development dependencies, so they are loaded only when they are asked for.
 * @throws when these are not installed
 */
export async function loadDemo (): Promise<Demo> {
  const { startDemo } = await import('../examples/demo.ts').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error
    throw new Error('the example apps need the development dependencies: run "npm ci && npm start" in a clone of the repository', { cause: error })
  })
  return await startDemo()
}

/** What there is to open, a line each. */
export function renderLinks ({ links }: Pick<Demo, 'links'>, address: string, width: number): string[] {
  const rows = links.map(({ title, path }) => ['', address + path, title])
  return ['Open in a browser:', ...renderTable([{ title: '' }, { title: '' }, { title: '', minWidth: 10 }], rows, width)]
}
