/** The kinds of rows that the ledger keeps. Schemas only. */
import { DIALECTS } from 'tacit-gateway/dialects'
import { END_REASONS, Instant, KnownName, NO_CURRENCY, type RecordKind, Type, Uuid } from 'tacit-gateway/plugin'

/** ISO 4217, as far as Node knows it. */
const CURRENCIES = [...new Set([...Intl.supportedValuesOf('currency'), NO_CURRENCY])].sort()

const count = (description: string) => Type.Integer({ minimum: 0, description })
const optional = (description: string) => Type.Optional(count(description))

/** Why there is no cost, as `UnknownCost` has it. */
export const MISSING = ['provider', 'model', 'price', 'tier', 'rate', 'usage', 'currency'] as const

/** Units that have a column of their own; all others are added up. */
export const UNITS = ['images', 'searches', 'pages', 'seconds', 'characters'] as const

/** Figures that are added up beyond the life of rows. */
export const SUMS = [
  'input',
  'cacheRead',
  'cacheWriteShort',
  'cacheWriteLong',
  'output',
  'reasoning',
  'audioInput',
  'audioOutput',
  ...UNITS,
  'otherUnits',
  'cost',
  'requestBytes',
  'responseBytes',
  'durationMs'
] as const

const COUNT_RULES = {
  counted: { field: 'source', is: 'counted' },
  refused: { field: 'end', is: 'refused' },
  unpriced: { field: 'missing' }
} as const

/** Rows that are counted besides: whose figures the gateway counted, that were refused, whose cost is not known. */
export const COUNTS = ['counted', 'refused', 'unpriced'] as const satisfies readonly (keyof typeof COUNT_RULES)[]

/** One row for each exchange. */
export const USAGE: RecordKind = {
  purpose: 'Shows what each exchange used and cost, so that bills can be checked row by row.',
  class: 'usage',
  subject: 'consumer',
  id: 'exchange',
  at: 'endedAt',
  clear: ['route', 'model', 'credential', 'end', 'source', 'status'],
  rollup: {
    by: ['consumer', 'credential', 'route', 'model', 'priceVersion', 'currency'],
    sum: [...SUMS],
    count: COUNT_RULES
  },
  fields: Type.Object({
    exchange: Uuid({ description: 'Id of the exchange.' }),
    endedAt: Instant({ description: 'When it was over.' }),
    receivedAt: Instant({ description: 'When its head was complete: the instant whose price counts.' }),
    consumer: Type.Optional(KnownName('consumer')),
    credential: Type.Optional(KnownName('credential')),
    route: KnownName('route'),
    upstream: Type.Optional(KnownName('upstream')),
    peer: Type.Optional(KnownName('peer')),
    provider: Type.Optional(KnownName('provider')),
    asked: Type.Optional(
      KnownName('model', { description: 'The model that was asked for, if the catalogue knows it.' })
    ),
    model: Type.Optional(KnownName('model', { description: 'The model that answered, if the catalogue knows it.' })),
    dialect: Type.String({ enum: [...DIALECTS] }),
    status: Type.Integer({ minimum: 0, maximum: 999, description: 'Sent to the client; 0 for none.' }),
    reason: Type.Optional(KnownName('reason')),
    end: Type.String({ enum: [...END_REASONS] }),
    source: Type.String({ enum: ['reported', 'counted'], description: 'Whose figures these are.' }),
    input: count('Tokens of input at the full price.'),
    cacheRead: count('Tokens of input out of the provider’s cache.'),
    cacheWriteShort: count('Tokens put into it for minutes.'),
    cacheWriteLong: count('Tokens put into it for an hour or longer.'),
    output: count('Tokens of output, reasoning included.'),
    reasoning: count('Those of `output` that were spent on reasoning.'),
    audioInput: count('Those of `input` that are sound.'),
    audioOutput: count('Those of `output` that are sound.'),
    images: optional('Images.'),
    searches: optional('Searches.'),
    pages: optional('Pages.'),
    seconds: optional('Seconds.'),
    characters: optional('Characters.'),
    otherUnits: optional('All units of other names, added up.'),
    cost: Type.Optional(Type.BigInt({ description: 'Whole nano-units of `currency`; not there where it is unknown.' })),
    currency: Type.Optional(Type.String({ enum: CURRENCIES })),
    missing: Type.Optional(Type.String({ enum: [...MISSING], description: 'Why there is no cost.' })),
    priceVersion: Type.Optional(KnownName('price')),
    durationMs: count('From the head of the request to the end.'),
    firstByteMs: optional('To the first byte of the answer.'),
    firstEventMs: optional('Of the last try, to the first event with content.'),
    attempts: count('Tries at peers.'),
    requestBytes: count('Of the body.'),
    responseBytes: count('Of the body.'),
    isReduced: Type.Optional(Type.Boolean({ description: 'Names that nobody knows any more were left out.' }))
  })
}
