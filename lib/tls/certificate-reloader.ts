import { createConfigError, type Problem } from '../errors.ts'
import { checkPair } from './certificate.ts'
import type { PemPair } from './pem.ts'

/** What came of looking for a new certificate. */
export type Outcome = { kind: 'renewed', pair: PemPair } | { kind: 'same' } | { kind: 'refused', error: Error }

export interface RenewalOptions {
  /** Reads both files as they are now. */
  read: () => Promise<PemPair>
  /** Makes every handshake from now on use it. */
  use: (pair: PemPair) => void
  report: (outcome: Outcome) => void
}

/**
 * How often in a row a wrong certificate has to be seen until that is reported. Certificate and key are two files, and a
 * file is written in parts: for a moment they do not go together, which is no fault.
 */
const PATIENCE = 3

/**
 * The certificate of a server that runs, and those that come after it. One that is wrong is never used; the one before
 * stays until both files are right and belong together.
 *
 * The files are read again and compared, instead of being watched: a rename, a symbolic link to another folder (the
 * `..data` of Kubernetes), a network file system and a clock that was set back are all the same to it, and cost two small
 * reads.
 */
export class Renewal {
  #current: PemPair
  readonly #options: RenewalOptions
  /** What the last poll saw, when that was wrong, and how often in a row. */
  #fault = { text: '', count: 0 }

  /** @param current - what the server uses now */
  constructor (current: PemPair, options: RenewalOptions) {
    this.#current = current
    this.#options = options
  }

  /** Somebody asks for it: they hear what came of it, whatever that is. */
  async renew (): Promise<void> {
    const outcome = await this.#look()
    this.#fault = { text: '', count: 0 }
    this.#options.report(outcome)
  }

  /** Looks whether there is a new one. Reports what has changed, and a fault once, when it lasts. */
  async poll (): Promise<void> {
    const outcome = await this.#look()
    if (outcome.kind === 'refused') this.#tolerate(outcome)
    else this.#fault = { text: '', count: 0 }
    if (outcome.kind === 'renewed') this.#options.report(outcome)
  }

  #tolerate (outcome: Outcome & { kind: 'refused' }): void {
    const { message } = outcome.error
    this.#fault = { text: message, count: this.#fault.text === message ? this.#fault.count + 1 : 1 }
    if (this.#fault.count === PATIENCE) this.#options.report(outcome)
  }

  async #look (): Promise<Outcome> {
    try {
      const pair = await this.#options.read()
      if (pair.cert === this.#current.cert && pair.key === this.#current.key) return { kind: 'same' }
      assertUsable(pair)
      this.#options.use(pair)
      this.#current = pair
      return { kind: 'renewed', pair }
    } catch (error) {
      return { kind: 'refused', error: error as Error }
    }
  }
}

function assertUsable (pair: PemPair): void {
  const problems: Problem[] = []
  checkPair(pair, problems)
  if (problems.length > 0) throw createConfigError(problems)
}
