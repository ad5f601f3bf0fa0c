/**
 * What is measured, each entry by the kind that it names; what else an entry holds, its kind describes.
 * @type {Record<string, { kind: keyof import('./kinds.mjs'), title: string }>}
 */
export const scenarios = {
  small: { kind: 'cost', title: 'GET, a 40-byte JSON answer', path: '/bench/small', connections: 64 },
  // Round robin gives the slow one 133 requests a second, of which it serves 100. Any two of the others could take all.
  'slow-upstream': {
    kind: 'balancers',
    title: 'one upstream in three 20 times slower',
    balancers: ['round-robin', 'least-request', 'ewma'],
    rate: 400,
    workers: 4,
    serviceTimes: [2, 2, 40],
  },
}
