import { readFile, writeFile } from 'node:fs/promises'
import { insert, renderOptions, renderSummary } from './render-options.ts'
import { renderSchema } from './render-schema.ts'

// `npm run docs`: writes what is made from lib/options/schema.ts, from the root of the package.
// test/docs/generated.test.ts fails while a file differs from what stands here.

const files = {
  'README.md': insert(await readFile('README.md', 'utf8'), 'options', renderSummary()),
  'docs/options.md': renderOptions(),
  'schema/gateway.schema.json': renderSchema(),
}

for (const [path, text] of Object.entries(files)) {
  // An unchanged file keeps its time, so that nothing that watches it starts anew.
  const isUnchanged = await readFile(path, 'utf8').catch(() => undefined) === text
  if (!isUnchanged) await writeFile(path, text)
  console.log(`${path}: ${isUnchanged ? 'unchanged' : 'written'}`)
}
