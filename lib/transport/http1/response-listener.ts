/** Who is told what has been read. Whatever it throws goes through the parser. */
export interface ResponseListener {
  /** A head, or one of an interim answer (below 200), behind which others come. */
  head (statusCode: number, rawHeaders: string[], statusText: string): void
  /** @param chunk - a copy */
  body (chunk: Buffer): void
  /**
   * The answer is complete.
   * @param rawTrailers - `null` when there are none
   */
  end (rawTrailers: string[] | null): void
  /**
   * The protocol is another one from here on.
   * @param rest - what has come behind the head; a copy
   */
  switched (rawHeaders: string[], rest: Buffer): void
}

/** The request that is to be answered. */
export interface Question {
  method: string
  upgrade: string | null
}
