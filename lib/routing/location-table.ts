import type { Location } from '../location.ts'
import { decodePlain } from './prefix.ts'
import { cutRoutedPath } from './request-target.ts'

/** Finds the location of a target; the time does not depend on how many locations there are. */
export class LocationTable {
  readonly #byPrefix: ReadonlyMap<string, Location>
  readonly #longest: number

  /** @param locations - in any order, no prefix twice */
  constructor (locations: readonly Location[]) {
    this.#byPrefix = new Map(locations.map(location => [location.prefix, location]))
    this.#longest = Math.max(0, ...locations.map(({ prefix }) => prefix.length))
  }

  /**
   * The location with the longest prefix that a target is below, in the sense of `findPrefixEnd`.
   * @param target - in origin-form, as the client wrote it
   */
  find (target: string): Location | undefined {
    const path = decodePlain(cutRoutedPath(target))
    let end = path.length <= this.#longest ? path.length : path.lastIndexOf('/', this.#longest)
    while (end > 0) {
      const location = this.#byPrefix.get(path.slice(0, end))
      if (location !== undefined) return location
      end = path.lastIndexOf('/', end - 1)
    }
    return this.#byPrefix.get('')
  }
}
