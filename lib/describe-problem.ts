import type { Problem } from './errors.ts'

/** A problem as a line of text. */
export function describeProblem ({ path, message }: Problem): string {
  return path === '' ? message : `${path}: ${message}`
}
