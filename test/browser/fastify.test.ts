import t from 'tap'
import { launchBrowser, openTab, skipWithoutBrowser, takeScreenshot } from './browser.ts'
import { checkOperations, modes, startGateway } from './gateway.ts'
import { listOperations } from './swagger-ui.ts'
import { startFastify } from './upstreams.ts'

t.test('@fastify/swagger-ui works behind a prefix', { skip: skipWithoutBrowser }, async t => {
  const browser = await launchBrowser(t)
  const upstream = await startFastify(t)

  for (const { mode, shown } of modes) {
    await t.test(`with the prefix in ${mode}: every operation is there and can be tried`, async t => {
      const address = await startGateway(t, upstream, mode)
      const { page, faults } = await openTab(t, browser)
      await page.goto(`${address}/documentation`)
      t.same(await listOperations(page), [`GET ${shown}/items/{id}`, `POST ${shown}/items`])
      await checkOperations(t, page, address, shown)
      await takeScreenshot(page, `fastify-swagger-ui-${mode}`)
      t.same(faults, [])
    })
  }

  await t.test('also at its address with a slash', async t => {
    const address = await startGateway(t, upstream, 'paths')
    const { page, faults } = await openTab(t, browser)
    await page.goto(`${address}/documentation/`)
    t.same(await listOperations(page), ['GET /users/items/{id}', 'POST /users/items'])
    t.same(faults, [])
  })
})
