import t from 'tap'
import { listTrailers, readTrailers, wantsTrailers } from '../../../lib/headers/trailers.ts'

t.test('trailers are read as headers are: lower-case names, repeated ones as a list, bytes as latin1', async t => {
  const raw = ['X-Sum', '1', 'x-sum', '2', 'Grpc-Status', '0'].map(text => Buffer.from(text))
  t.same({ ...readTrailers([...raw, 'x-name', Buffer.from('caf\xe9', 'latin1')]) }, { 'x-sum': ['1', '2'], 'grpc-status': '0', 'x-name': 'caf\xe9' })
})

t.test('what frames, routes or describes a message has no business in a trailer', async t => {
  const names = [
    'Content-Length', 'Transfer-Encoding', 'Host', 'Trailer', 'TE', 'Connection', 'Authorization', 'Set-Cookie', 'Cookie', 'Content-Type', 'Content-Encoding', 'If-Match',
    'X-Forwarded-For', 'Forwarded', 'X-Request-Id', 'Cache-Control', 'Location', 'Vary', 'Access-Control-Allow-Origin', 'Sec-WebSocket-Key', 'X_Forwarded_For', 'Upgrade',
  ]
  for (const name of names) {
    t.equal(readTrailers([name, '1']), null, name)
    t.strictSame(listTrailers([name, '1', 'X-Sum', '2']), ['X-Sum', '2'])
  }
})

t.test('digests of the content are what trailers are for', async t => {
  t.strictSame(listTrailers(['Content-Digest', 'sha-256=:x:', 'Repr-Digest', 'y']), ['Content-Digest', 'sha-256=:x:', 'Repr-Digest', 'y'])
})

t.test('no trailers are null', async t => {
  t.equal(readTrailers(null), null)
  t.equal(readTrailers([]), null)
})

t.test('TE says whether trailers are wanted', async t => {
  for (const te of ['trailers', 'Trailers', 'gzip, trailers', ' trailers ,x']) t.equal(wantsTrailers(te), true, te)
  for (const te of [undefined, '', 'gzip', 'xtrailers', 'trailers;q=1x']) t.equal(wantsTrailers(te), false, String(te))
  t.equal(wantsTrailers(['gzip', 'trailers']), true)
})
