/** The shape of `health:` of an upstream: when its peers are left out, and how they come back. Knows nothing of who does it. */
import { type StaticDecode, Type } from '@sinclair/typebox'
import { Duration, Secret, Share } from '../contract/units.ts'
import { closed, closedBlock, OneOrMany, Word } from './schema-parts.ts'

const Consecutive = (description: string) => Type.Integer({ minimum: 0, default: 5, description })

const SuccessRate = Type.Object(
  {
    minimumHosts: Type.Integer({
      minimum: 2,
      default: 5,
      description: 'Peers that must have had `requestVolume` tries for any of them to be judged.'
    }),
    requestVolume: Type.Integer({
      minimum: 1,
      default: 100,
      description: 'Tries within `interval` for a peer to be judged.'
    }),
    stdevFactor: Type.Number({
      minimum: 0,
      default: 1.9,
      description: 'A peer is out when its rate is so many standard deviations below the mean of all.'
    })
  },
  { ...closed, description: 'Leaves out peers that succeed much less often than the others. Off, if not given.' }
)

const FailurePercentage = Type.Object(
  {
    threshold: Share({ default: '85%', description: 'A peer is out when at least so many of its tries fail.' }),
    minimumHosts: Type.Integer({
      minimum: 1,
      default: 5,
      description: 'Peers that must have had `requestVolume` tries for any of them to be judged.'
    }),
    requestVolume: Type.Integer({
      minimum: 1,
      default: 50,
      description: 'Tries within `interval` for a peer to be judged.'
    })
  },
  { ...closed, description: 'Leaves out peers of which too many tries fail. Off, if not given.' }
)

const Outlier = Type.Object(
  {
    consecutive5xx: Consecutive(
      'Failures in a row after which a peer is left out: answers of 500 or more, errors before any content of a stream, and tries without an answer. 0 for never.'
    ),
    consecutiveGatewayFailure: Consecutive(
      'The same for 502, 503, 504 and tries without an answer alone. 0 for never.'
    ),
    interval: Duration({
      default: '10s',
      description: 'How often rates are judged, and for how long they are counted.'
    }),
    baseEjectionTime: Duration({
      default: '30s',
      description: 'How long a peer is left out the first time; twice as long the second time in a row, and so on.'
    }),
    maxEjectionTime: Duration({ default: '5m', description: 'The longest that it is left out.' }),
    maxEjectionPercent: Share({
      default: '50%',
      description:
        'Share of the peers that may be left out at once for their answers; at least one of several. The only peer of an upstream is left out at 100% alone.'
    }),
    successRate: Type.Optional(SuccessRate),
    failurePercentage: Type.Optional(FailurePercentage)
  },
  {
    ...closed,
    description:
      'Leaves out peers for what they answer, as Envoy’s outlier detection does. When the time is over, one request shows whether a peer is back.'
  }
)

const SlowStart = Type.Object(
  {
    window: Duration({
      default: '30s',
      description: 'How long a peer that is back, or new, takes to its full weight.'
    }),
    minWeight: Share({ default: '10%', description: 'Part of its weight that it begins with.' }),
    aggression: Type.Number({
      minimum: 0.1,
      maximum: 10,
      default: 1,
      description: 'Above 1 the weight rises quickly at first, below 1 slowly.'
    })
  },
  { ...closed, description: 'Lets a peer that is back, or new, warm up. Off, if not given.' }
)

const Rest = Type.Object(
  {
    max: Duration({
      default: '1m',
      description: 'The longest that a peer rests after a 429, whatever its `retry-after` says. `0s` for never.'
    })
  },
  {
    ...closedBlock,
    description:
      'A peer that answers 429 with `retry-after` gets nothing for that long while another peer can be used. It is not blamed for it.'
  }
)

const Check = Type.Object(
  {
    path: Type.String({
      pattern: '^/[!-~]*$',
      unit: 'path',
      default: '/',
      description: 'Path and query that is asked for, behind the path of the peer’s URL.'
    }),
    method: Word(['GET', 'HEAD', 'POST'], { default: 'GET', description: 'Method of the request.' }),
    headers: Type.Record(Type.String(), Secret(), {
      default: {},
      description: 'Headers of the request, such as the key that a model call needs: write it as ${NAME}.'
    }),
    body: Type.Optional(
      Type.String({
        maxLength: 16_384,
        description: 'Body of a POST, in JSON: a cheap call of a model, with one token of answer at most.'
      })
    ),
    maxPerHour: Type.Optional(
      Type.Integer({
        minimum: 1,
        description:
          'Checks of each peer in an hour, of all gateways that share a store; for calls that cost. A peer that has answered a client well within `interval` is not checked, then. Any number, if not given.'
      })
    ),
    expect: OneOrMany(
      Type.String({
        pattern: '^([1-5][0-9]{2}|[1-5]xx)$',
        unit: 'expected',
        orNumber: { minimum: 100, maximum: 599 },
        examples: ['2xx', 204]
      }),
      {
        default: ['2xx'],
        description: 'Statuses that say that a peer is well, such as 200 or 2xx.'
      }
    ),
    interval: Duration({ default: '10s', description: 'Time between two checks of a peer.' }),
    timeout: Duration({ default: '2s', description: 'Time for the head of the answer.' }),
    unhealthyThreshold: Type.Integer({
      minimum: 1,
      default: 3,
      description: 'Checks in a row that must fail for a peer to be left out.'
    }),
    healthyThreshold: Type.Integer({
      minimum: 1,
      default: 2,
      description: 'Checks in a row that must be passed for it to be used again.'
    })
  },
  {
    ...closed,
    description:
      'Asks each peer how it is. A peer that is left out for its answers comes back by a check then, and by no request of a client. Off, if not given.'
  }
)

/** When peers of an upstream are left out. */
export const HealthBlock = Type.Object(
  {
    outlier: Type.Optional(Outlier),
    check: Type.Optional(Check),
    rest: Rest,
    slowStart: Type.Optional(SlowStart),
    panicThreshold: Share({
      default: '0%',
      description:
        'When less than this share of the peers can be used, all are, but for those drained by hand: too many may mean that the judgement is wrong. `0%` for never: with no peer left, requests are answered 503 at once.'
    })
  },
  { ...closed, description: 'When peers are left out, and how they come back. Nobody looks, if not given.' }
)

/** `health:` of an upstream, decoded. */
export type HealthConfiguration = StaticDecode<typeof HealthBlock>
/** `health.outlier` of an upstream, decoded. */
export type OutlierConfiguration = StaticDecode<typeof Outlier>
/** `health.check` of an upstream, decoded. */
export type CheckConfiguration = StaticDecode<typeof Check>
/** `health.slowStart` of an upstream, decoded. */
export type SlowStartConfiguration = StaticDecode<typeof SlowStart>
