import { readFile } from 'node:fs/promises'
import { createConfigError } from '../errors.ts'

type State = 'value' | 'valueOrEnd' | 'key' | 'keyOrEnd' | 'colon' | 'commaOrEnd' | 'done'

const DESCRIPTIONS: Record<State, string> = {
  value: 'a value',
  valueOrEnd: 'a value or "]"',
  key: 'a name in double quotes',
  keyOrEnd: 'a name in double quotes or "}"',
  colon: '":"',
  commaOrEnd: '"," or the end of the list or object',
  done: 'the end of the file',
}

/** One token of RFC 8259: a structural character, a string, a number or a literal. */
const TOKEN = new RegExp([
  /[{}[\],:]/,
  /"(?:[ !#-[\]-\uffff]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"/,
  /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])/,
  /(?:true|false|null)(?!\w)/,
].map(({ source }) => source).join('|'), 'y')
const SPACE = /[ \t\r\n]*/y

/**
 * A JSON file that a person wrote.
 * @param shownAs - the file, as the error names it
 * @throws GW_ERR_CONFIG when it cannot be read, or with the line and the column of the first mistake
 */
export async function readJsonFile (path: string, shownAs: string): Promise<unknown> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    const message = `cannot be read: ${(cause as Error).message}`
    throw Object.assign(createConfigError([{ path: shownAs, message }]), { cause })
  })
  return parseJson(text, shownAs)
}

/**
 * JSON that a person wrote.
 * @param file - as the error names it
 * @throws GW_ERR_CONFIG with the line and the column of the first mistake
 */
export function parseJson (text: string, file: string): unknown {
  // Editors on Windows put a byte order mark first, which JSON.parse() refuses.
  const source = text.replace(/^\uFEFF/, '')
  try {
    return JSON.parse(source)
  } catch {
    throw createConfigError([{ path: file, message: describeFault(source) }])
  }
}

/** Found by a scan of our own: V8's messages differ between versions of Node, and many have no position. */
function describeFault (text: string): string {
  const { offset, expected } = findFault(text)
  const lines = text.slice(0, offset).split(/\r\n|\r|\n/)
  const found = offset === text.length ? 'the end of the file' : showAt(text, offset)
  return `line ${lines.length}, column ${lines.at(-1)!.length + 1}: expected ${DESCRIPTIONS[expected]}, found ${found}`
}

function showAt (text: string, offset: number): string {
  const [word = ''] = /^(?:[\w.+-]+|"[^"\r\n]*"?|[^])/u.exec(text.slice(offset))!
  return word.length > 40 ? `${word.slice(0, 37)}...` : word.startsWith('"') ? word : JSON.stringify(word)
}

/** Where a text stops being JSON. Keeps its own stack, so that a deeply nested text cannot overflow the call stack. */
function findFault (text: string): { offset: number, expected: State } {
  const open: string[] = []
  let state: State = 'value'
  let offset = skip(SPACE, text, 0)
  while (offset < text.length) {
    const end = skip(TOKEN, text, offset)
    const next: State | undefined = end === offset ? undefined : step(state, text.charAt(offset), open)
    if (next === undefined) break
    state = next
    offset = skip(SPACE, text, end)
  }
  return { offset, expected: state }
}

/** The offset after what a sticky expression matches, which may be nothing. */
function skip (expression: RegExp, text: string, offset: number): number {
  expression.lastIndex = offset
  return offset + (expression.exec(text)?.[0].length ?? 0)
}

/**
 * The state after a token.
 * @param first - the token's first character
 * @param open - the open brackets, the innermost last; changed
 * @returns `undefined` when the token may not stand here
 */
function step (state: State, first: string, open: string[]): State | undefined {
  switch (state) {
    case 'key': return first === '"' ? 'colon' : undefined
    case 'keyOrEnd': return first === '}' ? close(open) : step('key', first, open)
    case 'colon': return first === ':' ? 'value' : undefined
    case 'commaOrEnd':
      if (first === ',') return open.at(-1) === '{' ? 'key' : 'value'
      return isClosing(first, open) ? close(open) : undefined
    case 'valueOrEnd': return first === ']' ? close(open) : startValue(first, open)
    case 'value': return startValue(first, open)
    case 'done': return undefined
  }
}

function startValue (first: string, open: string[]): State | undefined {
  if ('}],:'.includes(first)) return undefined
  if (first !== '{' && first !== '[') return afterValue(open)
  open.push(first)
  return first === '{' ? 'keyOrEnd' : 'valueOrEnd'
}

function isClosing (first: string, open: string[]): boolean {
  return first === (open.at(-1) === '{' ? '}' : ']')
}

function close (open: string[]): State {
  open.pop()
  return afterValue(open)
}

function afterValue (open: string[]): State {
  return open.length === 0 ? 'done' : 'commaOrEnd'
}
