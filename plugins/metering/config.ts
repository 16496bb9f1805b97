/** What operators may set. Schemas only. */
import { Type } from 'tacit-gateway/plugin'

/** What can be counted of a call that has no tokens. */
const MEASURES = ['request', 'requestByte', 'answerByte', 'second'] as const

const UnitRule = Type.Object(
  {
    unit: Type.String({
      pattern: '^[a-z][a-z0-9_]{0,47}$',
      description: 'What it is called in the usage and in the prices: `pages`, `seconds`.'
    }),
    per: Type.String({
      enum: [...MEASURES],
      description:
        'What is counted: each `request`, each `requestByte` or `answerByte` of the bodies, each begun `second` from the request’s head to the answer’s end.'
    }),
    of: Type.Integer({
      minimum: 1,
      default: 1,
      description: 'How many of them make one unit; a part counts as a whole. 1024 of `answerByte` are one KiB.'
    })
  },
  { additionalProperties: false }
)

/** A rule that counts units. */
export interface UnitRule {
  readonly unit: string
  readonly per: string
  readonly of: number
}

/** The `config:` block. */
export const Config = Type.Object({
  askForUsage: Type.Boolean({
    default: true,
    description:
      'Whether streams of OpenAI’s chat and completions are asked for their usage (`stream_options.include_usage`) where the client did not. What comes of that is hidden from the client.'
  }),
  model: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 256,
      description: 'The model whose price holds for requests that name none: the product behind an API without models.'
    })
  ),
  units: Type.Array(UnitRule, {
    default: [],
    description:
      'Things that are counted besides tokens, for every call that an upstream has answered without an error.'
  })
})
