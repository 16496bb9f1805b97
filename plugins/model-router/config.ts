/** What an operator may set of the plugin, and of it for a group, a consumer or a key. Knows no request. */
import { NextOn, type NextTargetOn, Type } from 'tacit-gateway/plugin'
import { NEEDS, type Need } from './needs.ts'

const NAME = '^[!-)+-~]{1,255}\\*?$|^\\*$'

const Names = (description: string) =>
  Type.Array(Type.String({ pattern: NAME, unit: 'modelNames' }), { orOne: true, description })

const Words = (description: string) =>
  Type.Array(Type.String({ minLength: 1 }), { orOne: true, minItems: 1, description })

const Needs = (description: string) =>
  Type.Array(Type.Unsafe<Need>(Type.String({ enum: [...NEEDS] })), { orOne: true, minItems: 1, description })

const When = Type.Object(
  {
    consumers: Type.Optional(Words('Ids of consumers.')),
    groups: Type.Optional(Words('Groups of consumers.')),
    labels: Type.Optional(
      Type.Record(Type.String(), Type.String(), { description: 'Labels that the consumer must have, each of them.' })
    ),
    fromInputTokens: Type.Optional(
      Type.Integer({ minimum: 1, description: 'Estimated tokens of input, from this number on.' })
    ),
    toInputTokens: Type.Optional(
      Type.Integer({ minimum: 1, description: 'Estimated tokens of input, up to this number.' })
    ),
    needs: Type.Optional(Needs('What the request must need, all of it.'))
  },
  { description: 'Which requests go here: those that fit all that is given. Every request, if nothing is.' }
)

const Target = Type.Object({
  upstream: Type.String({ description: 'Id of an upstream.' }),
  model: Type.Optional(
    Type.String({
      pattern: NAME,
      unit: 'modelNames',
      description:
        'What the model is called there. The name that the client used, if not given; `*` stands for what the `*` of the name stood for.'
    })
  ),
  weight: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 10_000,
      description:
        'Share of the requests that go here first, among the targets with a weight. Those without come after them, in their order.'
    })
  ),
  on: Type.Optional(
    Type.Array(NextOn(), {
      orOne: true,
      description:
        'What makes the gateway go on to the next target: `connect_failed`, `timed_out`, `reset`, `rejected`, or a status. Failed connections, 429 and 5xx, if not given.'
    })
  ),
  when: Type.Optional(When),
  lacks: Type.Optional(Needs('What the model cannot do there: requests that need it go to another target.'))
})

const Entry = Type.Object({
  name: Type.String({
    pattern: NAME,
    unit: 'modelNames',
    description:
      'As clients call the model. With a `*` at its end: all names that begin so; the longest that fits counts.'
  }),
  targets: Type.Array(Target, { minItems: 1, description: 'Where its requests go, in order of preference.' })
})

/** The `config:` block. */
export const Config = Type.Object({
  models: Type.Array(Entry, { default: [], description: 'Models by the names that clients use.' }),
  aliases: Type.Record(
    Type.String({ pattern: '^[!-)+-~]{1,256}$' }),
    Names('A model, or several: the next when the one before fails.'),
    {
      default: {},
      description: 'Further names, such as `fast`, each for a model or for several in order.'
    }
  ),
  upstreams: Type.Array(Type.String(), {
    default: [],
    description:
      'Upstreams with a `provider`, in order of preference: every model that the catalogue knows of it is served there.'
  }),
  default: Type.Optional(
    Type.String({
      pattern: '^[!-)+-~]{1,256}$',
      description: 'The model of requests that name none. They are refused, if not given.'
    })
  ),
  allow: Type.Optional(
    Names(
      'Models that may be asked for, by the names that clients use, `gpt-4.1-*` included. Every model, if not given.'
    )
  ),
  paths: Type.Unsafe<'provider' | 'client'>(
    Type.String({
      enum: ['provider', 'client'],
      default: 'provider',
      description:
        'Whether a request is sent to the path at which the provider of its upstream serves its API, as the catalogue has it, or to the one that the client used.'
    })
  ),
  estimate: Type.Object(
    {
      bytesPerToken: Type.Number({
        minimum: 1,
        maximum: 16,
        default: 4,
        description: 'Bytes of text that make a token of input.'
      }),
      imageTokens: Type.Integer({ minimum: 0, maximum: 1_000_000, default: 1_000, description: 'Tokens of an image.' })
    },
    { default: {}, description: 'How the size of an input is estimated, for `fromInputTokens` and `toInputTokens`.' }
  )
})

/** What a group, a consumer or a credential may set. */
export const ConsumerConfig = Type.Object({
  allow: Type.Optional(Names('Models that may be asked for, in place of those of the plugin itself.'))
})

/** Which requests a target is for: those that fit all that is given. */
export interface WhenConfig {
  readonly consumers?: readonly string[]
  readonly groups?: readonly string[]
  readonly labels?: Readonly<Record<string, string>>
  /** Estimated tokens, both ends included. */
  readonly fromInputTokens?: number
  readonly toInputTokens?: number
  readonly needs?: readonly Need[]
}

/** One target, decoded. */
export interface TargetConfig {
  readonly upstream: string
  readonly model?: string
  readonly weight?: number
  readonly on?: readonly NextTargetOn[]
  readonly when?: WhenConfig
  readonly lacks?: readonly Need[]
}

/** What decides on where names lead, decoded. */
export interface RoutesConfig {
  readonly models: readonly { readonly name: string; readonly targets: readonly TargetConfig[] }[]
  readonly aliases: Readonly<Record<string, readonly string[]>>
  readonly upstreams: readonly string[]
  readonly default?: string
}
