/**
 * @typedef {object} Contender
 * @property {string} name
 * @property {(seconds: number) => Promise<object>} measure - resolves to one round
 * @property {(seconds: number) => Promise<object>} [warmUp] - where not all of a round has to be done for that
 *
 * @typedef {{ name: string, rounds: object[] }} Measured
 */

/**
 * Measures contenders in turn (A B A B), so that a machine that is slow for a while is slow for all.
 * @param {Contender[]} contenders
 * @param {import('./options.mjs').Options} options
 * @returns {Promise<Measured[]>}
 */
export async function takeTurns (contenders, { seconds, rounds, smoke }) {
  const measured = contenders.map(({ name }) => ({ name, rounds: [] }))
  // The first turn of each is for the compiler, and is not counted.
  if (!smoke) for (const { measure, warmUp = measure } of contenders) await warmUp(seconds)
  for (let round = 0; round < rounds; round++) {
    for (const [index, { measure }] of contenders.entries()) measured[index].rounds.push(await measure(seconds))
  }
  return measured
}
