import { existsSync } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { type Browser, type BrowserContext, chromium, type Page, type Route } from 'playwright-core'
import type { Test } from 'tap'

const executablePath = '/usr/bin/chromium'

/** For tap: why there is no browser test, or `false`. */
export const skipWithoutBrowser = existsSync(executablePath) ? false : `there is no ${executablePath}: apt-get install chromium`

/** Without the last ones Chromium looks for its maker's servers. */
const args = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync',
]

const swaggerUi = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'))
const artifacts = join(import.meta.dirname, '../../artifacts')

/** Headless Chromium for one test file, closed with its root test. */
export async function launchBrowser (t: Test): Promise<Browser> {
  const browser = await chromium.launch({ executablePath, headless: true, args })
  t.teardown(() => browser.close())
  return browser
}

/** A page, with all that it requested and could not get. */
export interface Tab {
  page: Page
  /** Failed requests, responses of 400 and above, and errors in scripts. */
  faults: string[]
}

/**
 * A page without any history. Nothing leaves the machine: the CDN is a local copy of swagger-ui-dist, everything else
 * is empty.
 */
export async function openTab (t: Test, browser: Browser): Promise<Tab> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 1100 } })
  t.teardown(() => context.close())
  context.setDefaultTimeout(15_000)
  await replaceInternet(context)
  const page = await context.newPage()
  return { page, faults: collectFaults(page) }
}

async function replaceInternet (context: BrowserContext): Promise<void> {
  await context.route(url => url.hostname !== '127.0.0.1', route => route.fulfill({ status: 200, body: '' }))
  await context.route(/^https:\/\/cdn\.jsdelivr\.net\/npm\/swagger-ui-dist@/, fulfillFromPackage)
}

async function fulfillFromPackage (route: Route): Promise<void> {
  const name = basename(new URL(route.request().url()).pathname)
  await route.fulfill({ contentType: name.endsWith('.css') ? 'text/css' : 'text/javascript', body: await readFile(join(swaggerUi, name)) })
}

function collectFaults (page: Page): string[] {
  const faults: string[] = []
  page.on('requestfailed', request => faults.push(`${request.url()} failed`))
  page.on('response', response => { if (response.status() >= 400) faults.push(`${response.url()} responds ${response.status()}`) })
  page.on('pageerror', error => faults.push(error.message))
  return faults
}

/** Kept in `artifacts/`, which is not under version control, for a look at a run. */
export async function takeScreenshot (page: Page, name: string): Promise<void> {
  await mkdir(artifacts, { recursive: true })
  await page.screenshot({ path: join(artifacts, `${name}.png`), fullPage: true })
}
