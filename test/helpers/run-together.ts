import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'

/**
 * Runs test files in this process, one after the other, as if each were run by itself: starting a process and loading
 * the gateway took far longer than most of them do. They share the root test, and with it its `t.testdir`.
 * @param folder - of `test/`, with all below it
 */
export function runTogether (folder: string, isMeant: (file: string) => boolean = () => true): void {
  const root = join(import.meta.dirname, '..', folder)
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.test.ts') && isMeant(file)).sort()
  // What they register while this runs waits for it, so no test begins before all are loaded.
  t.test(`the ${files.length} files of test/${folder} can be loaded`, async t => {
    t.not(files.length, 0)
    for (const file of files) await import(join(root, file))
  })
}
