/** A request's head as it came over the wire. */
export interface RequestLine {
  method: string
  target: string
}

export interface RequestListener {
  /** The request line is here, and perhaps nothing else yet. */
  begun (line: RequestLine): void
  /** The request is here to its last byte. */
  whole (body: Buffer): void
}

const REQUEST_LINE = /^([A-Z]+) (\/[!-~]*) HTTP\/1\.1$/
const HEADER = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t -~\x80-\xff]*?)[ \t]*$/
const CHUNK_SIZE = /^[0-9a-f]{1,8}$/i

/**
 * Reads the requests of one connection, and nothing that is not exactly one: what a strict server would refuse throws.
 * Bytes are latin1 characters.
 */
export class RequestParser {
  readonly #listener: RequestListener
  #rest: Buffer = Buffer.alloc(0)
  #next: () => boolean = () => this.#readRequestLine()
  #headers = new Map<string, string>()
  #body: Buffer[] = []

  constructor (listener: RequestListener) {
    this.#listener = listener
  }

  /** @throws when it is no HTTP, or HTTP that can be read in two ways */
  push (chunk: Buffer): void {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    while (this.#next()) ;
  }

  #readRequestLine (): boolean {
    const line = this.#takeLine()
    if (line === undefined) return false
    const [, method, target] = REQUEST_LINE.exec(line) ?? []
    if (method === undefined || target === undefined) throw new Error(`no request line: ${JSON.stringify(line)}`)
    this.#next = () => this.#readHeader()
    this.#listener.begun({ method, target })
    return true
  }

  #readHeader (): boolean {
    const line = this.#takeLine()
    if (line === undefined) return false
    if (line === '') {
      this.#next = this.#chooseBody()
      return true
    }
    const [, name, value] = HEADER.exec(line) ?? []
    if (name === undefined || value === undefined) throw new Error(`no header: ${JSON.stringify(line)}`)
    const key = name.toLowerCase()
    if (this.#headers.has(key)) throw new Error(`a second ${key}`)
    this.#headers.set(key, value)
    return true
  }

  #chooseBody (): () => boolean {
    const length = this.#headers.get('content-length')
    const coding = this.#headers.get('transfer-encoding')
    if (!this.#headers.has('host')) throw new Error('no host')
    if (length !== undefined && coding !== undefined) throw new Error('two framings')
    if (length !== undefined && !/^\d+$/.test(length)) throw new Error(`a length of ${length}`)
    if (coding !== undefined && coding !== 'chunked') throw new Error(`a coding ${coding}`)
    if (coding !== undefined) return () => this.#readChunkSize()
    return this.#readBytes(Number(length ?? 0), () => this.#end())
  }

  #readChunkSize (): boolean {
    const line = this.#takeLine()
    if (line === undefined) return false
    if (!CHUNK_SIZE.test(line)) throw new Error(`a chunk of ${JSON.stringify(line)}`)
    const size = Number.parseInt(line, 16)
    this.#next = size === 0
      ? () => this.#readEmptyLine(() => this.#end())
      : this.#readBytes(size, () => this.#readEmptyLine(() => { this.#next = () => this.#readChunkSize() }))
    return true
  }

  /** @param then - what is next, and whether it can go on at once */
  #readBytes (length: number, then: () => boolean): () => boolean {
    let missing = length
    return () => {
      const bytes = this.#rest.subarray(0, missing)
      this.#rest = this.#rest.subarray(bytes.length)
      this.#body.push(bytes)
      missing -= bytes.length
      if (missing > 0) return false
      this.#next = then
      return true
    }
  }

  #readEmptyLine (then: () => void): boolean {
    const line = this.#takeLine()
    if (line === undefined) return false
    if (line !== '') throw new Error(`not the end of a chunk: ${JSON.stringify(line)}`)
    then()
    return true
  }

  #end (): boolean {
    const body = Buffer.concat(this.#body)
    this.#body = []
    this.#headers = new Map()
    this.#next = () => this.#readRequestLine()
    this.#listener.whole(body)
    return this.#rest.length > 0
  }

  #takeLine (): string | undefined {
    const end = this.#rest.indexOf('\r\n')
    if (end === -1) return undefined
    const line = this.#rest.toString('latin1', 0, end)
    if (line.includes('\n')) throw new Error('a bare line feed')
    this.#rest = this.#rest.subarray(end + 2)
    return line
  }
}
