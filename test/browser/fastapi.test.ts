import t from 'tap'
import { launchBrowser, openTab, skipWithoutBrowser, takeScreenshot } from './browser.ts'
import { modes, startGateway } from './gateway.ts'
import { authorize, listOperations, tryOut } from './swagger-ui.ts'
import { hasFastApi, startFastApi } from './upstreams.ts'

const skip = skipWithoutBrowser || (hasFastApi ? false : '/usr/bin/python3 has no fastapi and uvicorn: apt-get install python3-fastapi python3-uvicorn')

t.test('FastAPI\'s page works behind a prefix', { skip }, async t => {
  const browser = await launchBrowser(t)
  const upstream = await startFastApi(t)

  for (const { mode, shown } of modes) {
    await t.test(`with the prefix in ${mode}: every operation is there and can be tried`, async t => {
      const address = await startGateway(t, upstream, mode)
      const { page, faults } = await openTab(t, browser)
      await page.goto(`${address}/docs`)
      t.same(await listOperations(page), [`GET ${shown}/items/{item_id}`, `POST ${shown}/items/`, `GET ${shown}/me`])

      const read = await tryOut(page, `GET ${shown}/items/{item_id}`, { item_id: '7', detail: 'a b' })
      t.match(read, { status: /^200/, body: /"id": 7,\s+"detail": "a b"/, url: `${address}/items/7?detail=a%20b` })
      const created = await tryOut(page, `POST ${shown}/items/`, { body: '{"name":"Łamp"}' })
      t.match(created, { status: /^201/, body: /"name": "Łamp"/, url: `${address}/items/` })
      await takeScreenshot(page, `fastapi-${mode}`)
      t.same(faults, [])
    })

    await t.test(`with the prefix in ${mode}: the token of an OAuth2 password flow is requested behind the prefix`, async t => {
      const address = await startGateway(t, upstream, mode)
      const { page, faults } = await openTab(t, browser)
      await page.goto(`${address}/docs`)
      await listOperations(page)

      const requested = page.waitForRequest(request => request.url().endsWith('/token'))
      await authorize(page, 'alice', 'wonderland')
      t.equal((await requested).url(), `${address}/token`)
      const me = await tryOut(page, `GET ${shown}/me`, {})
      t.match(me, { status: /^200/, body: /token-of-alice/, url: `${address}/me` })
      await takeScreenshot(page, `fastapi-authorized-${mode}`)
      t.same(faults, [])
    })
  }

  await t.test('the OAuth redirect and ReDoc stay behind it', async t => {
    const address = await startGateway(t, upstream, 'paths')
    const { page } = await openTab(t, browser)
    await page.goto(`${address}/docs`)
    const redirect = await page.evaluate('ui.getConfigs().oauth2RedirectUrl')
    t.equal(redirect, `${address}/docs/oauth2-redirect`)
    t.equal((await fetch(String(redirect))).status, 200)
    await page.goto(`${address}/redoc`)
    t.equal(await page.locator('redoc').getAttribute('spec-url'), '/users/openapi.json')
  })
})
