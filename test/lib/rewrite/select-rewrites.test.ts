import t from 'tap'
import { selectRewrites } from '../../../lib/rewrite/select-rewrites.ts'

const openapi = { mode: 'paths' as const, documents: [], pages: [], maxBytes: 1 }

t.test('headers and documents are rewritten, unless the app knows its prefix', async t => {
  t.strictSame(selectRewrites({ prefixAware: false, openapi }), { headers: true, content: openapi })
  t.strictSame(selectRewrites({ prefixAware: false, openapi: null }), { headers: true, content: null })
  t.strictSame(selectRewrites({ prefixAware: true, openapi }), { headers: false, content: null })
})
