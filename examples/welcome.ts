import type { DemoLink } from './demo.ts'
import { type RunningApp, serve } from './apps/http.ts'
import { escapeHtml, htmlType, renderPage } from './apps/page.ts'

/**
 * Starts the page at the root of the demo, which lists what there is to open.
 * @param links - to list
 */
export function startWelcome (links: readonly DemoLink[]): Promise<RunningApp> {
  const items = links.map(({ title, path }) => `<dt><a href="${escapeHtml(path)}"><code>${escapeHtml(path)}</code></a></dt><dd>${escapeHtml(title)}</dd>`)
  const page = renderPage('fastify-gateway demo', `<h1>fastify-gateway</h1>
<p class="soft">Four apps, each on a port of its own, behind this one.</p>
<section><dl>
${items.join('\n')}
</dl></section>`)
  return serve({ 'GET /': (request, response) => response.writeHead(200, { 'content-type': htmlType }).end(page) })
}
