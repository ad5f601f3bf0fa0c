/** Where the path of a target ends and its query, with the `?`, begins. */
export function pathEnd (target: string): number {
  const index = target.indexOf('?')
  return index === -1 ? target.length : index
}

/** A target's path and its query, which is empty or begins with `?`. */
export function splitQuery (target: string): [path: string, query: string] {
  const end = pathEnd(target)
  return [target.slice(0, end), target.slice(end)]
}

const PATH_END = /[?#]/

/** The path that a router sees of a target: also a fragment, which no target may have, is no part of it. */
export function routedPath (target: string): string {
  const end = target.search(PATH_END)
  return end === -1 ? target : target.slice(0, end)
}

/** The path of what `resolvePath` gives, where the bare prefix is empty. */
export function pathOf (pathAndQuery: string): string {
  return pathAndQuery.slice(0, pathEnd(pathAndQuery)) || '/'
}
