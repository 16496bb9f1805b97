/** What an operator may set of the plugin, and of it for a group, a consumer or a key. Knows no request. */
import { ByteSize, ESTIMATE_FIELDS, TimeZone, Type } from 'tacit-gateway/plugin'
import { By, LimitEntry } from './limit.ts'

const limits = (description: string) => Type.Array(LimitEntry, { description })

/** The `config:` block. */
export const Config = Type.Object({
  by: By('Whom limits count by; several together count each combination. IPv6 addresses count by their /64.', [
    'consumer'
  ]),
  header: Type.Optional(
    Type.String({
      unit: 'headerName',
      pattern: "^[!#$%&'*+.^_`|~0-9a-z-]+$",
      description: 'For `by: header`: which one.'
    })
  ),
  limits: Type.Array(LimitEntry, {
    minItems: 1,
    description:
      'All of them must have room for a request. Each has one amount and, but for `concurrent`, one of `per` and `each`.'
  }),
  timeZone: TimeZone({ default: 'UTC', description: 'In which days, weeks and months begin.' }),
  onStoreFailure: Type.Unsafe<'deny' | 'allow' | 'local'>(
    Type.String({
      enum: ['deny', 'allow', 'local'],
      default: 'deny',
      description:
        'While the store of the counters is away: refuse with 503, let pass uncounted, or count here, up to this gateway’s share.'
    })
  ),
  unknownUsage: Type.Unsafe<'held' | 'nothing'>(
    Type.String({
      enum: ['held', 'nothing'],
      default: 'held',
      description: 'What an exchange is charged of whose usage nobody knows: what was held, or nothing.'
    })
  ),
  headers: Type.Boolean({
    default: true,
    description: 'Whether clients are told how limits stand; what upstreams say of theirs is taken out.'
  }),
  estimate: Type.Object(
    {
      ...ESTIMATE_FIELDS,
      responseBytes: ByteSize({ default: '64KiB', description: 'Bytes of a response that are held, for `bytes`.' })
    },
    { default: {}, description: 'What is held before it is known.' }
  )
})

/** What a group, a consumer or a key may have of its own. */
export const ConsumerConfig = Type.Object({
  limits: Type.Optional(limits('In place of the limits that count by consumer.')),
  keyLimits: Type.Optional(limits('In place of the limits that count by key, for each key.')),
  groupLimits: Type.Optional(limits('In place of the limits that count by group. Only a group may have them.'))
})
