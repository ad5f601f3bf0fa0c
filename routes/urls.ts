/**
 * The URLs of routes that own everything below the prefix of their scope.
 * @param prefix - of the scope; empty at the root, where `/*` is all there is
 */
export function urlsBelow (prefix: string): string[] {
  return prefix === '' ? ['/*'] : ['', '/*']
}
