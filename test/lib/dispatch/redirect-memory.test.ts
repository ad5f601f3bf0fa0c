import t from 'tap'
import { RedirectMemory } from '../../../lib/dispatch/redirect-memory.ts'

const GET = (path: string) => ({ method: 'GET', path })

t.test('a slash redirect is remembered by method and path, and each request has its own query', async t => {
  const memory = new RedirectMemory()
  memory.remember(GET('/x?a=1'), '/x/?a=1')
  t.equal(memory.recall(GET('/x')), '/x/')
  t.equal(memory.recall(GET('/x?b=2?c')), '/x/?b=2?c')
  t.equal(memory.recall(GET('/x?')), '/x/?')
  t.equal(memory.recall(GET('/x/')), undefined)
  t.equal(memory.recall({ method: 'POST', path: '/x' }), undefined)
})

const slashes: { name: string, from: string, to: string, isRemembered: boolean }[] = [
  { name: 'a slash that was missing', from: '/x', to: '/x/', isRemembered: true },
  { name: 'a slash too many', from: '/x/', to: '/x', isRemembered: true },
  { name: 'the path of nothing but the prefix', from: '', to: '/', isRemembered: true },
  { name: 'another path', from: '/x', to: '/login/', isRemembered: false },
  { name: 'a longer path', from: '/x', to: '/x/y/', isRemembered: false },
  { name: 'the same path', from: '/x', to: '/x', isRemembered: false },
  { name: 'a slash and another query', from: '/x?a', to: '/x/?b', isRemembered: false },
  { name: 'a slash and a new query', from: '/x', to: '/x/?token=1', isRemembered: false },
  { name: 'a slash and a lost query', from: '/x?a', to: '/x/', isRemembered: false },
  { name: 'a slash in the query', from: '/x?a', to: '/x?a/', isRemembered: false },
]

for (const { name, from, to, isRemembered } of slashes) {
  t.test(`a redirect is ${isRemembered ? '' : 'not '}remembered: ${name}`, async t => {
    const memory = new RedirectMemory()
    memory.remember(GET(from), to)
    t.equal(memory.recall(GET(from)), isRemembered ? to : undefined)
  })
}

t.test('what is forgotten is forgotten for its method', async t => {
  const memory = new RedirectMemory()
  for (const method of ['GET', 'POST']) memory.remember({ method, path: '/x' }, '/x/')
  memory.forget(GET('/x?any'))
  t.equal(memory.recall(GET('/x')), undefined)
  t.equal(memory.recall({ method: 'POST', path: '/x' }), '/x/')
})

t.test('1000 are remembered, those that were used last', async t => {
  const memory = new RedirectMemory()
  for (let i = 0; i < 1000; i++) memory.remember(GET(`/${i}`), `/${i}/`)
  memory.recall(GET('/0'))
  memory.remember(GET('/new'), '/new/')
  t.equal(memory.recall(GET('/0')), '/0/')
  t.equal(memory.recall(GET('/1')), undefined)
  t.equal(memory.recall(GET('/2')), '/2/')
})

t.test('a redirect is remembered for five minutes, however often it is used', async t => {
  let now = Date.now()
  t.intercept(Date, 'now', { value: () => now })
  const memory = new RedirectMemory()
  memory.remember(GET('/x'), '/x/')
  now += 299_000
  t.equal(memory.recall(GET('/x')), '/x/')
  now += 2000
  t.equal(memory.recall(GET('/x')), undefined)
})
