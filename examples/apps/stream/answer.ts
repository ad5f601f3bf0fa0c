import { setTimeout as sleep } from 'node:timers/promises'

/** Milliseconds between two tokens. */
const tokenInterval = 40

/**
 * The answer of a language model, a token at a time, as fast as a real one.
 * @param question - of the user; empty for none
 * @param signal - ends the wait for the next token
 */
export async function * generateAnswer (question: string, signal: AbortSignal): AsyncGenerator<string> {
  for (const token of compose(question).match(/\S+\s*/g) ?? []) {
    await sleep(tokenInterval, undefined, { signal })
    yield token
  }
}

/** Tokens as an event stream in the form that clients of language models know, `[DONE]` at its end. */
export async function * toEvents (tokens: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const token of tokens) yield `data: ${JSON.stringify({ token })}\n\n`
  yield 'data: [DONE]\n\n'
}

function compose (question: string): string {
  const asked = question === '' ? 'You asked nothing in particular' : `You asked: “${question}”`
  return `${asked}. I am no language model, only a program that speaks like one: a token at a time. ` +
    'Each of these words left the app as a chunk of its own. If they appear one after another, nothing on the way ' +
    'has collected them; if they appear all at once, something has.'
}
