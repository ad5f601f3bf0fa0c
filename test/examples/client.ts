import type { Test } from 'tap'

/** A response that is read as far as a test wants. */
export interface OpenStream {
  response: Response
  /** The text up to and with the next `end`, as soon as it is there; fails when the stream ends before. */
  readUntil (end: string): Promise<string>
  readToEnd (): Promise<string>
}

/** Opens a stream; it is left when the test ends. */
export async function openStream (t: Test, url: string, init: RequestInit = {}): Promise<OpenStream> {
  const leave = new AbortController()
  t.teardown(() => leave.abort())
  const response = await fetch(url, { ...init, signal: leave.signal })
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
  let rest = ''

  async function readMore (): Promise<boolean> {
    const { done, value = '' } = await reader.read()
    rest += value
    return !done
  }

  return {
    response,
    async readUntil (end) {
      while (!rest.includes(end)) if (!await readMore()) throw new Error(`The stream ended before ${JSON.stringify(end)}: ${rest}`)
      const at = rest.indexOf(end) + end.length
      const text = rest.slice(0, at)
      rest = rest.slice(at)
      return text
    },
    async readToEnd () {
      while (await readMore());
      return rest
    },
  }
}

/** The JSON at an address, as the test knows it. */
export async function readJson<T> (response: Response | Promise<Response>): Promise<T> {
  return await (await response).json() as T
}
