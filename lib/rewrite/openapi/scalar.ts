import type { ScalarNode } from './node.ts'

/** What needs no quotes wherever a plain scalar may stand: no indicator, no `: `, no ` #`, nothing that is a number or a word of its own. */
const SAFE_PLAIN = /^\/[\w/.~@$=+*{}-]*$/
const SAFE_FLOW_PLAIN = /^\/[\w/.~@$=+*-]*$/
/** Visible ASCII in single quotes needs nothing but its quotes doubled. */
const SAFE_SINGLE = /^[\x20-\x7e]*$/
/** What JSON allows in a string and YAML does not print (YAML 1.2.2, rule 1), or takes for a line end in its version 1.1. */
const UNPRINTABLE = /[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]/g

/**
 * A string in the place of a scalar, in that one's style where it allows it, else in double quotes.
 * @param source - the text of the scalar that goes
 */
export function writeScalar (value: string, node: ScalarNode, source: string): string {
  // A block scalar ends with its last line, the line end included.
  const ending = /\r?\n$/.exec(source)?.[0] ?? ''
  return writeInStyle(value, node) + ending
}

function writeInStyle (value: string, { style }: ScalarNode): string {
  if (style === 'plain' && SAFE_PLAIN.test(value)) return value
  if (style === 'flow-plain' && SAFE_FLOW_PLAIN.test(value)) return value
  if (style === 'single' && SAFE_SINGLE.test(value)) return `'${value.replaceAll("'", "''")}'`
  return quote(value)
}

/** A string that is valid in JSON, and as a double-quoted scalar in YAML. */
export function quote (value: string): string {
  return JSON.stringify(value).replace(UNPRINTABLE, character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
