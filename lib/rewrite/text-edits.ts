/** A part of a text: from `start` up to, not including, `end`. */
export interface Span {
  start: number
  end: number
}

/** Replaces a part of a text; an empty part is an insertion. */
export interface TextEdit extends Span {
  text: string
}

/** The edits of a part of a text, as edits of the whole. */
export function shiftEdits (edits: readonly TextEdit[], offset: number): TextEdit[] {
  return edits.map(({ start, end, text }) => ({ start: start + offset, end: end + offset, text }))
}

/**
 * The text with its edits; what is not edited stays byte for byte.
 * @param edits - in the order of the text, without overlaps
 * @returns `undefined` when there is none
 */
export function applyEdits (text: string, edits: readonly TextEdit[]): string | undefined {
  if (edits.length === 0) return undefined
  const parts: string[] = []
  let position = 0
  for (const edit of edits) {
    parts.push(text.slice(position, edit.start), edit.text)
    position = edit.end
  }
  return parts.join('') + text.slice(position)
}
