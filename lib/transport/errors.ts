/** What an upstream sent is not valid in the protocol that is spoken with it. */
export class ProtocolError extends Error {
  readonly code = 'ERR_UPSTREAM_PROTOCOL'
}

/** The request cannot be expressed in this upstream's protocol. Another upstream may speak one in which it can. */
export class UnsupportedError extends Error {
  readonly code = 'ERR_UPSTREAM_UNSUPPORTED'
}

/** The request cannot be written in any protocol. */
export class UnsendableError extends Error {
  readonly code = 'ERR_UPSTREAM_UNSENDABLE'
}

/**
 * The upstream declares that it has not acted on the request, so that it may be repeated, whatever its method
 * (RFC 9113, 8.7).
 */
export class UnprocessedError extends Error {
  readonly code = 'ERR_UPSTREAM_UNPROCESSED'
  /** The connection was being closed in good order, which is no failure of the upstream. */
  readonly isGracefulClose: boolean

  constructor (message: string, isGracefulClose: boolean) {
    super(message)
    this.isGracefulClose = isGracefulClose
  }
}
