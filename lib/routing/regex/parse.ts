/** The structure of a pattern; the engine decides what each of its atoms matches. */
export type PatternNode =
  /** Matches an empty text at certain positions: `^`, `$`, `\b`. */
  | { type: 'assertion' }
  /** Matches one character: `a`, `.`, `[^/]`, `\d`, `\x2e`. */
  | { type: 'atom', source: string }
  | { type: 'sequence', items: PatternNode[] }
  | { type: 'choice', options: PatternNode[] }
  | { type: 'repeat', body: PatternNode, min: number, max: number }

/** The kinds of tokens of a pattern: the groups of `TOKEN`. */
const KINDS = ['open', 'close', 'bar', 'quantifier', 'assertion', 'unsupported', 'atom'] as const

/** A token of a pattern's source. */
export interface Token {
  text: string
  kind: typeof KINDS[number]
}

/**
 * ECMAScript's grammar without the flags `u` and `v`, Annex B included: `{` is a character where it is no quantifier,
 * and `\u{61}` is 61 times `u`. Tokens that no automaton can have are `unsupported`: lookaround, references to groups
 * (and the octal escapes that look like them), modifiers, and `\c` without its letter.
 */
const TOKEN = new RegExp([
  /(?<open>\((?!\?)|\(\?:|\(\?<[^=!][^>]*>)/,
  /(?<close>\))/,
  /(?<bar>\|)/,
  /(?<quantifier>(?:[*+?]|\{\d+(?:,\d*)?\})\??)/,
  /(?<assertion>[$^]|\\[bB])/,
  /(?<unsupported>\(\?(?:<?[=!])?|\\[1-9]|\\k|\\c(?![a-zA-Z]))/,
  /(?<atom>\[(?:\\[^]|[^\]\\])*\]|\\u[\da-fA-F]{4}|\\x[\da-fA-F]{2}|\\c[a-zA-Z]|\\0[0-7]{0,2}|\\[^]|[^])/,
].map(({ source }) => source).join('|'), 'g')

/**
 * @param source - of a pattern without flags, which compiles
 * @returns its tokens; together they are the source
 */
export function tokenize (source: string): Token[] {
  return [...source.matchAll(TOKEN)].map(match => {
    const kinds = match.groups as Record<Token['kind'], string | undefined>
    const kind = KINDS.find(name => kinds[name] !== undefined)!
    return { text: match[0], kind }
  })
}

/**
 * The tree of a pattern. (`ret`, which safe-regex2 parses with, reads `\x6a` as three characters and `\k<name>` as
 * text, so an analysis based on it can be bypassed.)
 * @param tokens - of a pattern that compiles, none of them `unsupported`
 */
export function parse (tokens: readonly Token[]): PatternNode {
  return parseChoice(tokens[Symbol.iterator]())
}

/** Up to the closing bracket, or the end. */
function parseChoice (tokens: Iterator<Token>): PatternNode {
  let items: PatternNode[] = []
  const options: PatternNode[] = [{ type: 'sequence', items }]
  for (let next = tokens.next(); next.done !== true && next.value.kind !== 'close'; next = tokens.next()) {
    const token = next.value
    if (token.kind === 'bar') options.push({ type: 'sequence', items: items = [] })
    else if (token.kind === 'quantifier') items.push(repeat(items.pop()!, token.text))
    else if (token.kind === 'open') items.push(parseChoice(tokens))
    else if (token.kind === 'assertion') items.push({ type: 'assertion' })
    else items.push({ type: 'atom', source: token.text })
  }
  return { type: 'choice', options }
}

function repeat (body: PatternNode, quantifier: string): PatternNode {
  const [min, max] = parseBounds(quantifier)
  return { type: 'repeat', body, min, max }
}

/** Greedy and lazy differ in the order of the attempts, not in their number. */
function parseBounds (quantifier: string): [min: number, max: number] {
  if (quantifier.startsWith('?')) return [0, 1]
  if (quantifier.startsWith('*')) return [0, Infinity]
  if (quantifier.startsWith('+')) return [1, Infinity]
  const [, min, comma, max] = /^\{(\d+)(,?)(\d*)/.exec(quantifier)!
  if (comma === '') return [Number(min), Number(min)]
  return [Number(min), max === '' ? Infinity : Number(max)]
}
