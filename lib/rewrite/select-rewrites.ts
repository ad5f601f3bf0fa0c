import type { Location, OpenApiRule } from '../location.ts'

/** What of a location's responses is rewritten. */
export interface Rewrites {
  /** Redirects and cookies. */
  headers: boolean
  /** API documents and the pages that show them; `null` when they are passed on. */
  content: OpenApiRule | null
}

/** Decides what is rewritten: nothing of an app that knows its prefix. */
export function selectRewrites ({ prefixAware, openapi }: Pick<Location, 'prefixAware' | 'openapi'>): Rewrites {
  return prefixAware ? { headers: false, content: null } : { headers: true, content: openapi }
}
