import t from 'tap'
import { launchBrowser, openTab, skipWithoutBrowser, takeScreenshot } from './browser.ts'
import { checkOperations, modes, startGateway } from './gateway.ts'
import { listOperations } from './swagger-ui.ts'
import { startExpress } from './upstreams.ts'

const forms = [
  { path: 'api-docs', form: 'its document in its script' },
  { path: 'by-url', form: 'the address of its document' },
  { path: 'by-urls', form: 'a choice of documents' },
]

t.test('swagger-ui-express works behind a prefix', { skip: skipWithoutBrowser }, async t => {
  const browser = await launchBrowser(t)
  const upstream = await startExpress(t)

  for (const { path, form } of forms) {
    for (const { mode, shown } of modes) {
      await t.test(`with ${form}, and the prefix in ${mode}: every operation is there and can be tried`, async t => {
        const address = await startGateway(t, upstream, mode)
        const { page, faults } = await openTab(t, browser)
        await page.goto(`${address}/${path}`)
        t.equal(page.url(), `${address}/${path}/`, 'Express redirects to the slash')
        t.same(await listOperations(page), [`GET ${shown}/items/{id}`, `POST ${shown}/items`])
        await checkOperations(t, page, address, shown)
        await takeScreenshot(page, `swagger-ui-express-${path}-${mode}`)
        t.same(faults, [])
      })
    }
  }
})
