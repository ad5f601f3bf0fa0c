import { applyEdits } from '../text-edits.ts'
import { type PageKind, pageKindOf } from './candidate.ts'
import { isToolPage, rewriteHtml } from './html.ts'
import type { PageOptions } from './page-url.ts'
import { rewriteScript, rewriteSettings } from './script.ts'
import { isStartScript } from './tool-signatures.ts'

const detectors: Readonly<Record<PageKind, (text: string) => boolean>> = {
  html: isToolPage, script: isStartScript, json: isSettings,
}
const rewriters = { html: rewriteHtml, script: rewriteScript, json: rewriteSettings }

/**
 * Detects by its content what shows an API document: pages of Swagger UI in all its wrappers (FastAPI,
 * @fastify/swagger-ui, swagger-ui-express, Nest, springdoc, Swashbuckle), ReDoc, Scalar, RapiDoc and Stoplight
 * Elements, their start scripts, and the settings that springdoc's page loads. Linear, and quick for all other texts.
 * @returns `undefined` for anything else, which is passed on as it is
 */
export function detectPage (text: string, contentType: string | undefined): PageKind | undefined {
  const kind = pageKindOf(contentType)
  return kind !== undefined && detectors[kind](text) ? kind : undefined
}

/**
 * The page of an API document as it works behind the gateway: the address of the document, the OAuth redirect and
 * everything that the page loads obey the redirect rule, and an embedded document is rewritten like one that is
 * fetched. Nothing else changes: attributes and strings are replaced where they stand, in their quotes.
 * @param kind - from `detectPage`
 * @returns `undefined` when it needs no change: pass it on
 */
export function rewritePage (text: string, kind: PageKind, options: PageOptions): string | undefined {
  return applyEdits(text, rewriters[kind](text, options))
}

/** springdoc always sends `configUrl`, and a redirect URL. */
function isSettings (text: string): boolean {
  if (!/"(?:configUrl|oauth2RedirectUrl)"\s*:/.test(text)) return false
  const settings = parseJson(text)
  if (typeof settings !== 'object' || settings === null) return false
  return 'configUrl' in settings || 'oauth2RedirectUrl' in settings
}

function parseJson (text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
