import t, { type Test } from 'tap'
import { start } from '../../examples/apps/legacy/index.ts'

async function startLegacy (t: Test): Promise<string> {
  const app = await start()
  t.teardown(() => app.close())
  return app.url
}

const request = (url: string, init: RequestInit = {}) => fetch(url, { ...init, redirect: 'manual' })

const signIn = (url: string, password: string) => request(`${url}/login`, {
  method: 'POST',
  body: new URLSearchParams({ name: 'ada', password }),
})

const toCookie = (response: Response) => response.headers.getSetCookie().map(cookie => cookie.split(';')[0]).join('; ')

t.test('a stranger is sent to the login form at the root', async t => {
  const url = await startLegacy(t)
  const response = await request(`${url}/account`)
  t.equal(response.status, 302)
  t.equal(response.headers.get('location'), '/login')
  t.match(await (await request(`${url}/login`)).text(), /<form method="post" action="login">/)
})

t.test('the right password opens a session', async t => {
  const url = await startLegacy(t)
  const response = await signIn(url, 'analytical')
  t.equal(response.status, 303)
  t.equal(response.headers.get('location'), '/account')
  t.match(response.headers.getSetCookie(), [/^session=[\w-]{36}; Path=\/; HttpOnly/])

  const account = await request(`${url}/account`, { headers: { cookie: toCookie(response) } })
  t.equal(account.status, 200)
  t.match(account.headers.getSetCookie(), [/^visit=[^;]+; Path=\/account;/])
  t.match(await account.text(), /Account of ada[^]*this is the first/)
})

t.test('a wrong password is refused', async t => {
  const response = await signIn(await startLegacy(t), 'guess')
  t.equal(response.status, 401)
  t.same(response.headers.getSetCookie(), [])
  t.match(await response.text(), /That is not the password/)
})

t.test('signing out ends the session, not only the cookie, and redirects to an absolute address', async t => {
  const url = await startLegacy(t)
  const cookie = toCookie(await signIn(url, 'analytical'))
  const response = await request(`${url}/logout`, { method: 'POST', headers: { cookie } })
  t.equal(response.headers.get('location'), `${url}/`)
  t.match(response.headers.getSetCookie(), [/^session=; Path=\/; Max-Age=0/, /^visit=; Path=\/account; Max-Age=0/])
  t.equal((await request(`${url}/account`, { headers: { cookie } })).status, 302)
})

t.test('absolute redirects are made from the Host header', async t => {
  const url = await startLegacy(t)
  const response = await request(`${url}/index.php`)
  t.equal(response.status, 301)
  t.equal(response.headers.get('location'), `${url}/`)
})

t.test('the last visit is shown as text, whatever the cookie contains', async t => {
  const url = await startLegacy(t)
  const session = toCookie(await signIn(url, 'analytical'))
  const cases: [name: string, value: string, shown: string][] = [
    ['markup', '%3Cscript%3E', '&#60;script&#62;'],
    ['broken percent-encoding', '%E0%A4', '%E0%A4'],
  ]
  for (const [name, value, shown] of cases) {
    const account = await request(`${url}/account`, { headers: { cookie: `${session}; visit=${value}` } })
    t.match(await account.text(), `<dd>${shown}</dd>`, name)
  }
})
