import type { Edit } from './openapi/document-edits.ts'

/** The edits of a part of a text, as edits of the whole. */
export function shiftEdits (edits: readonly Edit[], offset: number): Edit[] {
  return edits.map(({ start, end, text }) => ({ start: start + offset, end: end + offset, text }))
}

/**
 * The text with its edits; what is not edited stays byte for byte.
 * @param edits - in the order of the text, none inside another
 * @returns `undefined` when there is none
 */
export function applyEdits (text: string, edits: readonly Edit[]): string | undefined {
  if (edits.length === 0) return undefined
  const parts: string[] = []
  let position = 0
  for (const edit of edits) {
    parts.push(text.slice(position, edit.start), edit.text)
    position = edit.end
  }
  return parts.join('') + text.slice(position)
}
