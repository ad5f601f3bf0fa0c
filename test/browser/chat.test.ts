import type { Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { start } from '../../examples/apps/chat/index.ts'
import { listenGateway } from '../helpers/gateways.ts'
import { launchBrowser, openTab, skipWithoutBrowser, takeScreenshot } from './browser.ts'

t.test('people talk on the page of the chat behind a prefix', { skip: skipWithoutBrowser }, async t => {
  const browser = await launchBrowser(t)

  await t.test('what one writes the other reads, as text and nothing else', async t => {
    const { url } = await startChat(t)
    const ada = await openTab(t, browser)
    // Also without the slash that makes it a folder.
    await enter(ada.page, `${url}?room=engines`, 'Ada')
    const kurt = await openTab(t, browser)
    await enter(kurt.page, `${url}/?room=engines`, '<i>Kurt</i>')
    await say(kurt.page, '<img src="x" onerror="document.title = 1">')
    const said = ada.page.locator('#log .said')
    await said.waitFor()
    t.equal(await said.textContent(), '<img src="x" onerror="document.title = 1">')
    t.equal(await ada.page.locator('#log img, #log i').count(), 0)
    t.equal(await ada.page.textContent('#people'), 'Here: Ada, <i>Kurt</i>')
    t.equal(await kurt.page.locator('#log .mine').count(), 1)
    await takeScreenshot(ada.page, 'chat')
    t.same([...ada.faults, ...kurt.faults], [])
  })

  await t.test('a page that loses its connection comes back by itself, and says so meanwhile', async t => {
    const { url, restart } = await startChat(t)
    const { page, faults } = await openTab(t, browser)
    await enter(page, url, 'Ada')
    await restart(async () => {
      await page.locator('#state', { hasText: /trying again in 2 s/ }).waitFor()
      t.ok(await page.locator('#send').isDisabled())
      await takeScreenshot(page, 'chat-lost')
    })
    await page.locator('#send:enabled').waitFor()
    await say(page, 'here again')
    await page.locator('#log .said', { hasText: 'here again' }).waitFor()
    t.same(faults, [])
  })

  await t.test('a person who is refused sees the reason', async t => {
    const { url } = await startChat(t)
    const { page } = await openTab(t, browser)
    await enter(page, url, 'Ada')
    await page.evaluate('for (let i = 0; i < 30; i++) socket.send(i)')
    await page.locator('#problem', { hasText: 'Slower, please' }).waitFor()
    t.ok(await page.locator('#enter').isVisible())
    t.notOk(await page.locator('#compose').isVisible())
  })

  await t.test('nothing is wider than a small screen', async t => {
    const { url } = await startChat(t)
    const { page } = await openTab(t, browser)
    await page.setViewportSize({ width: 380, height: 740 })
    await enter(page, url, 'A name of 24 characters.')
    await say(page, 'x'.repeat(500))
    await page.locator('#log .said').waitFor()
    t.equal(await page.evaluate('document.documentElement.scrollWidth'), 380)
    await takeScreenshot(page, 'chat-small')
  })
})

/** The chat at `/chat`, and a way to have it stop and start again where it was. */
async function startChat (t: Test) {
  let app = await start()
  t.teardown(() => app.close())
  const { origin } = await listenGateway(t, { apps: [{ name: 'chat', upstreams: app.url }] })

  async function restart (meanwhile: () => Promise<void>): Promise<void> {
    await app.close()
    await meanwhile()
    app = await start({ port: Number(new URL(app.url).port) })
  }

  return { url: `${origin}/chat`, restart }
}

async function enter (page: Page, url: string, name: string): Promise<void> {
  await page.goto(url)
  await page.fill('#name', name)
  await page.click('#enter button')
  await page.locator('#send:enabled').waitFor()
}

async function say (page: Page, text: string): Promise<void> {
  await page.fill('#text', text)
  await page.press('#text', 'Enter')
}
