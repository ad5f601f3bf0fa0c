/**
 * The URLs of routes that own everything below a prefix.
 * @param scopePrefix - of the scope that they are added to
 * @param prefix - in that scope; empty for all of it
 */
export function urlsBelow (scopePrefix: string, prefix = ''): string[] {
  return scopePrefix + prefix === '' ? ['/*'] : [prefix, `${prefix}/*`]
}
