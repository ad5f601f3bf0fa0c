import t, { type Test } from 'tap'
import type { User } from '../../examples/apps/users/directory.ts'
import { start } from '../../examples/apps/users/index.ts'
import { readJson } from './client.ts'

interface UserPage { total: number, items: User[], next: string | null }

async function startUsers (t: Test): Promise<string> {
  const app = await start()
  t.teardown(() => app.close())
  return app.url
}

const send = (method: string, url: string, body?: object) => fetch(url, {
  method,
  ...(body !== undefined && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
})

t.test('the list comes page by page, each with a relative link to the next', async t => {
  const url = await startUsers(t)
  const names: string[] = []
  let pages = 0
  for (let next: string | null = '?limit=5'; next !== null; pages++) {
    const page: UserPage = await readJson(fetch(new URL(next, url)))
    t.equal(page.total, 12)
    names.push(...page.items.map(({ name }) => name))
    next = page.next
  }
  t.equal(pages, 3)
  t.equal(new Set(names).size, 12)
})

t.test('the list can be searched, and the search goes on with the next page', async t => {
  const url = await startUsers(t)
  const first = await readJson<UserPage>(fetch(`${url}/?q=AD&limit=1`))
  const second = await readJson<UserPage>(fetch(new URL(first.next!, url)))
  t.match(first, { total: 2, items: [{ name: 'Ada Lovelace' }] })
  t.match(second, { total: 2, items: [{ name: 'Radia Perlman' }], next: null })
})

t.test('a user is created, read, changed and deleted', async t => {
  const url = await startUsers(t)
  const created = await send('POST', url, { name: 'Kurt Gödel', email: 'kurt@example.com' })
  t.equal(created.status, 201)
  const user = await readJson<User>(created)
  t.match(user, { name: 'Kurt Gödel', email: 'kurt@example.com', role: 'member' })

  const address = new URL(created.headers.get('location')!, url).href
  t.same(await readJson(fetch(address)), user)

  const changed = await send('PUT', address, { name: 'Kurt Gödel', email: 'godel@example.com', role: 'admin' })
  t.same(await readJson(changed), { ...user, email: 'godel@example.com', role: 'admin' })

  t.equal((await send('DELETE', address)).status, 204)
  t.equal((await fetch(address)).status, 404)
  t.equal((await send('DELETE', address)).status, 404)
})

t.test('what is wrong with a request is said', async t => {
  const url = await startUsers(t)
  const ada = { name: 'Ada', email: 'ADA@example.com' }
  const cases: [
    name: string,
    method: string,
    path: string,
    body: object | undefined,
    status: number,
    message: RegExp
  ][] = [
    ['no address', 'POST', '/', { name: 'x' }, 400, /required property 'email'/],
    ['an address that is none', 'POST', '/', { name: 'x', email: 'x' }, 400, /must match format "email"/],
    ['an unknown role', 'POST', '/', { name: 'x', email: 'x@example.com', role: 'king' }, 400, /role/],
    ['an address that is taken', 'POST', '/', ada, 409, /Somebody else has the address ADA@example.com/],
    ["another user's address", 'PUT', '/2', ada, 409, /Somebody else/],
    ['a change of an unknown user', 'PUT', '/999', ada, 404, /no user 999/],
    ['an id that is none', 'GET', '/zero', undefined, 400, /id must be integer/],
    ['a page too long', 'GET', '/?limit=101', undefined, 400, /limit must be <= 100/],
  ]
  for (const [name, method, path, body, status, message] of cases) {
    const response = await send(method, `${url}${path}`, body)
    t.equal(response.status, status, name)
    t.match(await readJson(response), { message }, name)
  }
})

t.test('the documentation page and the document behind it are served at the root', async t => {
  const url = await startUsers(t)
  const page = await fetch(`${url}/docs`)
  t.equal(page.status, 200)
  t.match(await page.text(), /swagger-ui/)

  const document = await readJson<{ paths: Record<string, object> }>(fetch(`${url}/docs/json`))
  t.same(Object.keys(document.paths).sort(), ['/', '/{id}'])
  t.same(Object.keys(document.paths['/{id}']!).sort(), ['delete', 'get', 'put'])
})
