import type { IncomingHttpHeaders } from 'node:http'
import t from 'tap'
import { isPreflight } from '../../../lib/cors/response-headers.ts'

const asked = { origin: 'https://a.example', 'access-control-request-method': 'PUT' }

t.test('OPTIONS with an origin and a method is a preflight', async t => {
  t.equal(isPreflight('OPTIONS', asked), true)
})

const others: Record<string, [string | undefined, IncomingHttpHeaders]> = {
  'another method': ['GET', asked],
  'no method': [undefined, asked],
  'no origin': ['OPTIONS', { ...asked, origin: undefined }],
  'an empty origin': ['OPTIONS', { ...asked, origin: '' }],
  'no asked method': ['OPTIONS', { origin: asked.origin }],
  'an empty asked method': ['OPTIONS', { ...asked, 'access-control-request-method': '' }],
}
for (const [name, [method, headers]] of Object.entries(others)) {
  t.test(`${name}: a request of its own`, async t => {
    t.equal(isPreflight(method, headers), false)
  })
}
