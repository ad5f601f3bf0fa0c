/**
 * @typedef {{ name: string, measure: (seconds: number) => Promise<object> }} Contender - `measure` resolves to one round
 * @typedef {{ name: string, rounds: object[] }} Measured
 */

/**
 * Measures contenders in turn (A B A B), so that what slows the machine down for a while slows all.
 * @param {Contender[]} contenders
 * @param {{ seconds: number, rounds: number }} options
 * @returns {Promise<Measured[]>}
 */
export async function takeTurns (contenders, { seconds, rounds }) {
  const measured = contenders.map(({ name }) => ({ name, rounds: [] }))
  // The first turn of each is for the compiler, and is not counted.
  for (const { measure } of contenders) await measure(seconds)
  for (let round = 0; round < rounds; round++) {
    for (const [index, { measure }] of contenders.entries()) measured[index].rounds.push(await measure(seconds))
  }
  return measured
}
