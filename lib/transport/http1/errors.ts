/**
 * An error of the client itself, not of a socket or a handler. The codes are undici's where it has one for the same
 * error: the gateway's errors are chosen by them.
 */
export class Http1Error extends Error {
  readonly code: string

  constructor (code: string, message: string) {
    super(message)
    this.code = code
  }
}

export const invalidRequest = (what: string) => new Http1Error('UND_ERR_INVALID_ARG', `invalid ${what}`)
export const lengthMismatch = () =>
  new Http1Error('UND_ERR_REQ_CONTENT_LENGTH_MISMATCH', 'the body is not as long as its content-length says')
export const aborted = () => new Http1Error('UND_ERR_ABORTED', 'the request was aborted')
export const connectTimeout = () =>
  new Http1Error('UND_ERR_CONNECT_TIMEOUT', 'the connection could not be opened in time')
export const otherSideClosed = () => new Http1Error('UND_ERR_SOCKET', 'the other side closed the connection')
export const transportClosed = () => new Http1Error('UND_ERR_CLOSED', 'the connections to the upstream are closed')
export const transportDestroyed = () =>
  new Http1Error('UND_ERR_DESTROYED', 'the connections to the upstream were destroyed')
