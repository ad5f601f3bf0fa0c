import { METHODS } from 'node:http'
import t from 'tap'
import { allowOf, isForwarded } from '../../../lib/downstream/methods.ts'

t.test('every method that node knows is forwarded, but CONNECT and TRACE', async t => {
  t.strictSame(METHODS.filter(method => !isForwarded(method)), ['CONNECT', 'TRACE'])
})

t.test('Allow names what is forwarded', async t => {
  t.equal(allowOf(['GET', 'TRACE', 'POST', 'CONNECT']), 'GET, POST')
})
