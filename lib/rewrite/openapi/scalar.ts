import type { ScalarNode } from './node.ts'

/**
 * Needs no quotes wherever a plain scalar may stand: no indicator, no `: `, no ` #`, nothing that is a number or a
 * reserved word.
 */
const SAFE_PLAIN = /^\/[\w/.~@$=+*{}-]*$/
const SAFE_FLOW_PLAIN = /^\/[\w/.~@$=+*-]*$/
/** Visible ASCII in single quotes needs nothing but its quotes doubled. */
const SAFE_SINGLE = /^[\x20-\x7e]*$/
/** Allowed in a JSON string but not printable in YAML (YAML 1.2.2, rule 1), or a line end in its version 1.1. */
const UNPRINTABLE = /[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]/g

/**
 * A string that replaces a scalar, in its style where that can hold it, else in double quotes.
 * @param source - the text of the replaced scalar
 */
export function writeScalar (value: string, node: ScalarNode, source: string): string {
  // A block scalar ends with its last line, the line end included.
  const lineEnd = /\r?\n$/.exec(source)?.[0] ?? ''
  return writeInStyle(value, node) + lineEnd
}

function writeInStyle (value: string, { style }: ScalarNode): string {
  if (style === 'plain' && SAFE_PLAIN.test(value)) return value
  if (style === 'flow-plain' && SAFE_FLOW_PLAIN.test(value)) return value
  if (style === 'single' && SAFE_SINGLE.test(value)) return `'${value.replaceAll("'", "''")}'`
  return quote(value)
}

/** A string that is valid in JSON, and as a double-quoted scalar in YAML. */
export function quote (value: string): string {
  return JSON.stringify(value).replace(UNPRINTABLE, character => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}
