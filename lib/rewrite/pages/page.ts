import { isToolPage, rewriteHtml } from './html.ts'
import { type Content, contentOf } from './candidate.ts'
import { isStartScript } from './tool-signatures.ts'
import type { PageOptions } from './page-url.ts'
import { rewriteScript, rewriteSettings } from './script.ts'
import { applyEdits } from '../text-edits.ts'

export type { PageOptions } from './page-url.ts'

/** A page, the script that starts it, or its settings in JSON. */
export type PageKind = Content

const recognisers: Readonly<Record<PageKind, (text: string) => boolean>> = { html: isToolPage, script: isStartScript, json: isSettings }
const rewriters = { html: rewriteHtml, script: rewriteScript, json: rewriteSettings }

/**
 * Recognises what shows an API document by its content: pages of Swagger UI in all its wrappings (FastAPI, @fastify/swagger-ui,
 * swagger-ui-express, Nest, springdoc, Swashbuckle), ReDoc, Scalar, RapiDoc and Stoplight Elements, their start scripts,
 * and the settings that springdoc's page asks for. Linear, and quick for all other texts.
 * @returns `undefined` for anything else, which is passed on as it is
 */
export function looksLikePage (text: string, contentType: string | undefined): PageKind | undefined {
  const kind = contentOf(contentType)
  return kind !== undefined && recognisers[kind](text) ? kind : undefined
}

/**
 * A page of an API document as it works behind the gateway: the address of the document, the OAuth redirect and everything
 * that the page loads obey the redirect rule, and a document that is in it is rewritten like one that is fetched.
 * Nothing else changes: attributes and strings are replaced in their place, in their quotes.
 * @param kind - from `looksLikePage`
 * @returns `undefined` when it is as it should be: pass it on
 */
export function rewritePage (text: string, kind: PageKind, options: PageOptions): string | undefined {
  return applyEdits(text, rewriters[kind](text, options))
}

/** springdoc always says `configUrl`, and an address to return to. */
function isSettings (text: string): boolean {
  if (!/"(?:configUrl|oauth2RedirectUrl)"\s*:/.test(text)) return false
  const settings = parse(text)
  return typeof settings === 'object' && settings !== null && ('configUrl' in settings || 'oauth2RedirectUrl' in settings)
}

function parse (text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
