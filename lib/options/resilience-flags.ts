import { Type } from '@sinclair/typebox'
import {
  closed, Count, Duration, HASH_PATTERN, METHOD_PATTERN, Optional, PATH_PATTERN, Percent, Switchable,
} from './schema-parts.ts'

// The location flags that choose an upstream for a request, and that limit what its failures do.

const Status = Type.Integer({ minimum: 100, maximum: 599 })

const HealthCheck = Optional({
  path: Type.String({
    pattern: PATH_PATTERN, description: 'The path to request, after the base path of the upstream\'s URL. Required.',
  }),
  method: Type.String({ pattern: METHOD_PATTERN, default: 'GET', description: 'The method of the probes.' }),
  interval: Duration('From one probe to the next, give or take a tenth.', '5s'),
  unhealthyInterval: Duration('The same while the upstream is down.', '2s'),
  timeout: Duration('For the response head, connecting included; later is a failure.', '2s'),
  rise: Count('Successful probes in a row after which an upstream that is down is up again.', 2, 1),
  fall: Count('Failed probes in a row after which an upstream is down. The very first probe decides alone.', 3, 1),
  expectedStatus: Type.Tuple([Status, Status], {
    default: [200, 399], description: 'First and last status of a successful probe. Redirects are not followed.',
  }),
  headers: Type.Record(Type.String(), Type.String(), {
    default: {}, description: 'Headers of the probe, `Host` among them; by default the upstream\'s own host.',
  }),
})

const OutlierDetection = Optional({
  consecutive5xx: Count('Responses of 500 and above in a row that eject an upstream. 0 ignores them.', 5),
  consecutiveLocalErrors: Count(
    'Requests in a row without a response (refused, reset, timed out, not HTTP) that eject an upstream. 0 ignores ' +
    'them.', 3
  ),
  baseEjectionTime: Duration('How long it is ejected the first time; as long again with each further time.', '10s'),
  maxEjectionTime: Duration('The longest ejection.', '5m'),
  maxEjectionPercent: Percent(
    'The largest share of the upstreams that is ejected at once. A single upstream never is.', 50
  ),
  panicThreshold: Percent(
    'With fewer upstreams available than this, requests go to all of them, whatever their health. With 0 the ' +
    'response is 503 instead.', 50
  ),
})

const SlowStart = Optional({
  window: Duration(
    'How long it takes an upstream that joins or recovers to get its whole share. 0 is at once.', '30s'
  ),
  minWeightPercent: Percent('The part of its share that it begins with.', 10),
})

const Retry = Optional({
  attempts: Type.Integer({ minimum: 0, maximum: 10, default: 1, description: 'Attempts after the first one.' }),
  methods: Type.Array(Type.String({ pattern: METHOD_PATTERN }), {
    default: ['GET', 'HEAD', 'OPTIONS'],
    description: 'Methods of requests that are sent again although an upstream may have acted on them. A request ' +
      'of which nothing was sent is sent again with any method.',
  }),
  statusCodes: Type.Array(Type.Integer({ minimum: 400, maximum: 599 }), {
    default: [],
    description: 'Responses after which a request is sent again, such as 503; after their `Retry-After`, 5 ' +
      'seconds at most, when there is no other upstream.',
  }),
  maxBodyBytes: Count('The longest request body that is kept to be sent again. 0 keeps none.', 65536),
  budget: Optional({
    percent: Percent('Retries, as a part of all requests.', 20),
    minPerSecond: Count('Retries in addition.', 10),
  }, { description: 'Limit of a location\'s retries, over ten seconds: beyond it, a failure is the response.' }),
})

const Limits = Optional({
  maxConnections: Count('In-flight requests of an upstream, event streams included.', 128, 1),
  maxPending: Count(
    'Pending requests for each upstream, when all of an app\'s upstreams are at `maxConnections`. 0 is none.', 1024
  ),
  pendingTimeout: Duration('How long a request is pending at most. 0 is no limit.', '5s'),
}, { description: 'In-flight and pending requests of an upstream; beyond, the response is 503.' })

/** Part of the location flags. */
export const resilienceFlags = {
  balancer: Type.Optional(Type.Union([
    Type.Literal('round-robin'), Type.Literal('least-request'), Type.Literal('ewma'), Type.Literal('random'),
    Type.Object({
      hash: Type.String({
        pattern: HASH_PATTERN,
        description: 'The part of a request that decides: `"ip"`, `"header:NAME"` or `"cookie:NAME"`.',
      })
    }, closed),
  ], {
    default: 'round-robin',
    description: 'How an upstream is picked, by weight: `"round-robin"` in turn, `"least-request"` of two the ' +
      'less busy, `"ewma"` of two the faster, `"random"`, or `{ "hash": "ip" }`, `"header:NAME"`, ' +
      '`"cookie:NAME"`: the same one for the same client.',
  })),
  healthCheck: Switchable(HealthCheck, {
    default: false, description: 'Probes of each upstream. One that fails them gets no requests.',
  }),
  outlierDetection: Switchable(OutlierDetection, {
    description: 'Ejection of upstreams that fail requests, for a while. `false` is off.',
  }),
  slowStart: Switchable(SlowStart, {
    default: false, description: 'An upstream that joins or recovers gets its share little by little.',
  }),
  retry: Switchable(Retry, { description: 'Sending a request again, to another upstream first. `false` is off.' }),
  limits: Type.Optional(Limits),
}

/** What each of these flags holds when it is on. */
export const resilienceGroups = {
  healthCheck: HealthCheck, outlierDetection: OutlierDetection, slowStart: SlowStart, retry: Retry, limits: Limits,
}
