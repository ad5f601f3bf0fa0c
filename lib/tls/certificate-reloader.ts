import { createConfigError, type Problem } from '../errors.ts'
import { checkPair } from './certificate.ts'
import type { PemPair } from './pem.ts'

/** Result of reading the files again. */
export type ReloadResult =
  | { kind: 'replaced', pair: PemPair }
  | { kind: 'unchanged' }
  | { kind: 'rejected', error: Error }

export interface CertificateReloaderOptions {
  /** Reads both files as they are now. */
  read: () => Promise<PemPair>
  /** Makes every handshake from now on use it. */
  use: (pair: PemPair) => void
  onResult: (result: ReloadResult) => void
}

/**
 * Consecutive polls that have to find the same fault until it is reported. Certificate and key are two files, and a
 * file is written in parts: for a moment they do not belong together, which is no fault.
 */
const POLLS_UNTIL_REPORT = 3

/**
 * Replaces the certificate of a running server. A wrong one is never used: the current one stays until both files are
 * right and belong together.
 *
 * The files are read again and compared, instead of being watched: a rename, a symbolic link to another folder (the
 * `..data` of Kubernetes), a network file system and a clock that was set back make no difference, at the cost of two
 * small reads.
 */
export class CertificateReloader {
  #current: PemPair
  readonly #options: CertificateReloaderOptions
  /** Fault that the last poll has found, and the number of consecutive polls that have. */
  #fault = { message: '', polls: 0 }

  /** @param current - what the server uses now */
  constructor (current: PemPair, options: CertificateReloaderOptions) {
    this.#current = current
    this.#options = options
  }

  /** Reloads on demand: any result is reported. */
  async reload (): Promise<void> {
    const result = await this.#load()
    this.#fault = { message: '', polls: 0 }
    this.#options.onResult(result)
  }

  /** Reloads by a timer: only a replacement is reported, and a persistent fault, once. */
  async poll (): Promise<void> {
    const result = await this.#load()
    if (result.kind === 'rejected') this.#countFault(result)
    else this.#fault = { message: '', polls: 0 }
    if (result.kind === 'replaced') this.#options.onResult(result)
  }

  #countFault (result: ReloadResult & { kind: 'rejected' }): void {
    const { message } = result.error
    this.#fault = { message, polls: this.#fault.message === message ? this.#fault.polls + 1 : 1 }
    if (this.#fault.polls === POLLS_UNTIL_REPORT) this.#options.onResult(result)
  }

  async #load (): Promise<ReloadResult> {
    try {
      const pair = await this.#options.read()
      if (pair.cert === this.#current.cert && pair.key === this.#current.key) return { kind: 'unchanged' }
      assertUsable(pair)
      this.#options.use(pair)
      this.#current = pair
      return { kind: 'replaced', pair }
    } catch (error) {
      return { kind: 'rejected', error: error as Error }
    }
  }
}

function assertUsable (pair: PemPair): void {
  const problems: Problem[] = []
  checkPair(pair, problems)
  if (problems.length > 0) throw createConfigError(problems)
}
