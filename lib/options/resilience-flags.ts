import { Type } from '@sinclair/typebox'
import {
  closed, Count, Duration, HASH_PATTERN, METHOD_PATTERN, Optional, PATH_PATTERN, Percent, Switchable,
} from './schema-parts.ts'

// The location flags that choose an upstream for a request, and that limit what its failures do.

const Status = Type.Integer({ minimum: 100, maximum: 599 })

const HealthCheck = Optional({
  path: Type.String({
    pattern: PATH_PATTERN, description: 'What is asked for, behind the base path of the upstream\'s URL. Required.',
  }),
  method: Type.String({ pattern: METHOD_PATTERN, default: 'GET', description: 'With which method.' }),
  interval: Duration('From one probe to the next, give or take a tenth.', '5s'),
  unhealthyInterval: Duration('The same while the upstream is down.', '2s'),
  timeout: Duration('For the head of the answer, connecting included; later is a failure.', '2s'),
  rise: Count('Probes in a row that have to pass until a down upstream is up again.', 2, 1),
  fall: Count('Probes in a row that have to fail until an upstream is down. The very first probe decides alone.', 3, 1),
  expectedStatus: Type.Tuple([Status, Status], {
    default: [200, 399], description: 'First and last status that passes. Redirects are not followed.',
  }),
  headers: Type.Record(Type.String(), Type.String(), {
    default: {}, description: 'Headers of the probe, `Host` among them; by default the upstream\'s own host.',
  }),
})

const OutlierDetection = Optional({
  consecutive5xx: Count('Answers of 500 and above in a row that eject an upstream. 0 ignores them.', 5),
  consecutiveLocalErrors: Count(
    'Requests in a row without an answer (refused, reset, timed out, not HTTP) that eject an upstream. 0 ignores ' +
    'them.', 3
  ),
  baseEjectionTime: Duration('How long it is left alone the first time; as often again with each further time.', '10s'),
  maxEjectionTime: Duration('The longest that it is left alone.', '5m'),
  maxEjectionPercent: Percent('Never more of the upstreams than this are ejected at once. One alone never is.', 50),
  panicThreshold: Percent(
    'With fewer upstreams available than this, all are asked, whatever is known of their health. 0 rather answers ' +
    '503.', 50
  ),
})

const SlowStart = Optional({
  window: Duration(
    'How long it takes an upstream that joins or comes back to get its whole share. 0 is at once.', '30s'
  ),
  minWeightPercent: Percent('What part of its share it begins with.', 10),
})

const Retry = Optional({
  attempts: Type.Integer({ minimum: 0, maximum: 10, default: 1, description: 'Further tries of one request.' }),
  methods: Type.Array(Type.String({ pattern: METHOD_PATTERN }), {
    default: ['GET', 'HEAD', 'OPTIONS'],
    description: 'Which requests may be repeated although an upstream may ' +
      'have acted on them. One of which nothing was sent is repeated with any method.',
  }),
  statusCodes: Type.Array(Type.Integer({ minimum: 400, maximum: 599 }), {
    default: [],
    description: 'Answers that are tried once more, such as 503; after their `Retry-After`, 5 ' +
      'seconds at most, when there is no other upstream.',
  }),
  maxBodyBytes: Count('The longest body that is kept for being sent again. 0 keeps none.', 65536),
  budget: Optional({
    percent: Percent('Repeated requests, as a part of all.', 20),
    minPerSecond: Count('Repeated requests besides.', 10),
  }, { description: 'Of a location\'s retries, over ten seconds: beyond it, a failure is the answer.' }),
})

const Limits = Optional({
  maxConnections: Count('Requests that an upstream gets at a time, event streams among them.', 128, 1),
  maxPending: Count(
    'Requests that wait when all of an app\'s upstreams have that many, for each of these. 0 lets none wait.', 1024
  ),
  pendingTimeout: Duration('How long a request waits. 0 is as long as it takes.', '5s'),
}, { description: 'How much an upstream gets at once; beyond, the answer is 503.' })

/** Part of the location flags. */
export const resilienceFlags = {
  balancer: Type.Optional(Type.Union([
    Type.Literal('round-robin'), Type.Literal('least-request'), Type.Literal('ewma'), Type.Literal('random'),
    Type.Object({
      hash: Type.String({
        pattern: HASH_PATTERN, description: 'What of a request decides: `"ip"`, `"header:NAME"` or `"cookie:NAME"`.',
      })
    }, closed),
  ], {
    default: 'round-robin',
    description: 'Who gets a request, by weight: `"round-robin"` in turn, `"least-request"` of two the less busy, ' +
      '`"ewma"` of two the faster, `"random"`, or `{ "hash": "ip" }`, `"header:NAME"`, `"cookie:NAME"`: the same ' +
      'one for the same client.',
  })),
  healthCheck: Switchable(HealthCheck, {
    default: false, description: 'Probes of each upstream. Who fails them gets no requests.',
  }),
  outlierDetection: Switchable(OutlierDetection, {
    description: 'Upstreams that fail real requests are left alone for a while. `false` is off.',
  }),
  slowStart: Switchable(SlowStart, {
    default: false, description: 'Who joins or comes back gets its share little by little.',
  }),
  retry: Switchable(Retry, { description: 'Sending a request again, to another upstream first. `false` is off.' }),
  limits: Type.Optional(Limits),
}

/** What each of these flags holds when it is on. */
export const resilienceGroups = {
  healthCheck: HealthCheck, outlierDetection: OutlierDetection, slowStart: SlowStart, retry: Retry, limits: Limits,
}
