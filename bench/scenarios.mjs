/**
 * The scenarios, each measured by the kind that it names, which also describes its other properties. `smoke` replaces
 * some of them by smaller ones for the smoke test.
 * @typedef {{ kind: keyof import('./kinds.mjs'), title: string, goals?: import('./goals.mjs').Goal[], smoke?: object }}
 *   Scenario
 */

/** For calls of an API. */
const callGoals = [{ of: 'CPU µs/request', against: 'fastify-http-proxy', atMost: 0.65 }]
const transferGoals = [{ of: 'CPU µs/MB', against: 'node-undici', atMost: 1.1 }]
const crowdGoals = [{ of: 'CPU µs/request', against: 'fastify-http-proxy', atMost: 0.8 }]

/** @type {Record<string, Scenario>} */
export const scenarios = {
  small: {
    kind: 'cost',
    title: 'GET, a 40-byte JSON response',
    path: '/bench/small',
    connections: 64,
    goals: [
      { of: 'CPU µs/request', against: 'fastify-http-proxy', atMost: 0.6 },
      { of: 'CPU µs/request', against: 'node-undici', atMost: 0.9 },
      { of: 'CPU µs/request', against: 'nginx', atMost: 2.2 },
    ],
  },
  single: {
    kind: 'latency',
    title: 'GET, a 40-byte JSON response',
    path: '/bench/small',
    connections: 1,
    goals: [{ of: 'p50 µs', against: 'node-undici', atMost: 1.15 }],
  },
  'get-1k': { kind: 'cost', title: 'GET, 1 KB of JSON', path: '/bench/1024', connections: 64, goals: callGoals },
  'get-64k': { kind: 'cost', title: 'GET, 64 KB of JSON', path: '/bench/65536', connections: 64, goals: callGoals },
  'post-1k': { kind: 'cost', title: 'POST, 1 KB of JSON', path: '/bench/upload', body: 1024, connections: 64, goals: callGoals },
  'get-10m': {
    kind: 'transfer',
    title: 'GET, 10 MB',
    path: '/bench/10000000',
    megabytes: 10,
    connections: 8,
    goals: transferGoals,
    smoke: { connections: 1 },
  },
  'post-10m': {
    kind: 'transfer',
    title: 'POST, 10 MB',
    path: '/bench/upload',
    body: 10_000_000,
    megabytes: 10,
    connections: 8,
    goals: transferGoals,
    smoke: { connections: 1 },
  },
  'no-keep-alive': {
    kind: 'cost',
    title: 'GET, 40 bytes, a new connection each',
    path: '/bench/small',
    connections: 64,
    close: true,
    goals: crowdGoals,
  },
  'connections-1000': {
    kind: 'cost',
    title: 'GET, a 40-byte JSON response',
    path: '/bench/small',
    connections: 1000,
    maxConnections: 1000,
    goals: crowdGoals,
    smoke: { connections: 100 },
  },
  'event-streams': {
    kind: 'streams',
    title: 'server-sent events',
    streams: 1000,
    rate: 5,
    maxConnections: 1000,
    goals: [
      { of: 'CPU µs/event', against: 'fastify-http-proxy', atMost: 0.7 },
      { of: 'p99 ms', against: 'fastify-http-proxy', atMost: 1 },
      { of: 'KB/stream', atMost: 40 },
      { of: 'lost', atMost: 0 },
    ],
    smoke: { streams: 20, rate: 50 },
  },
  websockets: {
    kind: 'sockets',
    title: 'messages that are echoed',
    sockets: 500,
    maxConnections: 500,
    without: ['node-undici'],
    goals: [{ of: 'CPU µs/message', against: 'fastify-http-proxy', atMost: 0.5 }],
    smoke: { sockets: 20 },
  },
  prefixes: {
    kind: 'prefixes',
    title: 'GET, 40 bytes, the prefix in the middle',
    path: '/bench/small',
    connections: 64,
    variants: comparePrefixes(1000),
    goals: [
      { of: 'CPU µs/request', against: '1 prefix', atMost: 1.1 },
      { of: 'start ms', atMost: 1000 },
      { of: 'KB/prefix', atMost: 50 },
    ],
    smoke: { variants: comparePrefixes(20).filter(({ name }) => !name.endsWith('plugin')) },
  },
  upstreams: {
    kind: 'cost',
    title: 'GET, 40 bytes, by the upstreams of a location',
    path: '/bench/small',
    connections: 64,
    servers: 100,
    variants: [{ name: '100 upstreams' }, { name: '1 upstream', upstreams: 1 }],
    goals: [{ of: 'CPU µs/request', against: '1 upstream', atMost: 1.1 }],
  },
  // Round robin gives the slow one 133 requests a second, of which it serves 100. Either of the others could take all.
  'slow-upstream': {
    kind: 'balancers',
    title: 'one upstream in three 20 times slower',
    variants: compareBalancers('least-request', 'round-robin', 'ewma'),
    rate: 400,
    workers: 4,
    serviceTimes: [2, 2, 40],
    goals: [{ of: 'p99 ms', against: 'round-robin', atMost: 0.3 }],
    smoke: { variants: compareBalancers('least-request', 'round-robin') },
  },
  workers: {
    kind: 'throughput',
    title: 'GET, a 40-byte JSON response, by the command',
    path: '/bench/small',
    connections: 64,
    variants: compareWorkers(2, 1),
    smoke: { variants: compareWorkers(2) },
  },
}

function comparePrefixes (count) {
  const many = ['--prefixes', String(count)]
  return [
    { name: `${count} prefixes`, args: ['--standalone', ...many] },
    { name: `${count} as a plugin`, args: many },
    { name: '1 prefix', args: ['--standalone'] },
  ]
}

function compareBalancers (...names) {
  return names.map(name => ({ name, args: ['--balancer', name] }))
}

function compareWorkers (...counts) {
  return counts.map(count => ({ name: `--workers ${count}`, by: 'gateway-command', args: [String(count)] }))
}
