import vm from 'node:vm'
import type { Test } from 'tap'
import type { Json } from '../lib/rewrite/openapi/operations.ts'

/**
 * Fetches what a page loads, and checks that each asset is there, on the gateway.
 * @returns addresses of scripts and style sheets, absolute
 */
export async function loadAssets (t: Test, address: string): Promise<string[]> {
  const page = await fetch(address)
  const html = await page.text()
  t.equal(page.status, 200, `${address} is there`)
  const tags = [...html.matchAll(/<(?:script|link|img)\b[^>]*?(?:src|href)="([^"]+)"/g)]
  const urls = tags.map(([, url]) => new URL(url!, page.url).href)
  for (const url of urls) await loadAsset(t, url, address)
  return urls
}

async function loadAsset (t: Test, url: string, page: string): Promise<void> {
  t.equal(new URL(url).origin, new URL(page).origin, `${url} is on the gateway`)
  const asset = await fetch(url)
  await asset.arrayBuffer()
  t.equal(asset.status, 200, `${url} is there`)
  t.notMatch(asset.headers.get('content-type'), /text\/html/, 'and no page instead')
}

/**
 * Runs the script that starts Swagger UI, as far as that.
 * @param page - address of the page that it is run in
 * @returns the settings that it starts it with
 */
export async function runStartScript (address: string, page: string): Promise<Json> {
  const source = await (await fetch(address)).text()
  let settings: Json
  function SwaggerUIBundle (given: object): object {
    settings = given
    return { initOAuth () {} }
  }
  Object.assign(SwaggerUIBundle, { presets: {}, plugins: {}, SwaggerUIStandalonePreset: {} })
  const location = new URL(page)
  const document = { createElement: () => ({}), querySelector: () => null, body: {} }
  class MutationObserver { observe () {} }
  const window: Json = { location, SwaggerUIBundle }
  vm.runInNewContext(source, {
    window,
    location,
    SwaggerUIBundle,
    SwaggerUIStandalonePreset: [],
    document,
    MutationObserver,
  })
  window.onload?.()
  return settings
}
