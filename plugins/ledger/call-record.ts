/** A row of an exchange as people are told of it: metadata only, and of where it went only to those who run the gateway. Pure. */
import { DIALECTS } from 'tacit-gateway/dialects'
import { END_REASONS, type Endpoint, NO_CURRENCY, type RecordRow, Type } from 'tacit-gateway/plugin'
import { MISSING, UNITS } from './kinds.ts'
import { decimalOf } from './money.ts'

const text = (description: string) => Type.Optional(Type.String({ description }))
const words = (list: readonly string[], description: string) =>
  Type.Optional(Type.String({ enum: [...list], description }))
const whole = (description: string) => Type.Optional(Type.Integer({ minimum: 0, description }))

/** What a consumer is told. */
const OWN = {
  exchange: Type.String({ description: 'Its id, as `x-tacit-request-id` told it.' }),
  endedAt: Type.String({ description: 'When it was over (RFC 3339).' }),
  receivedAt: text('When its head was complete: the instant whose price counts.'),
  credential: text('Name of the credential.'),
  route: text('Id of the route.'),
  asked: text('Model that was asked for, if the catalogue knows it.'),
  model: text('Model that answered, if the catalogue knows it.'),
  dialect: words(DIALECTS, 'What the bodies were written in.'),
  status: Type.Optional(Type.Integer({ minimum: 0, maximum: 999, description: 'Sent to the client; 0 for none.' })),
  reason: text('Of a refusal.'),
  end: words(END_REASONS, 'How it ended.'),
  source: words(['reported', 'counted'], 'Whose figures these are: the provider’s, or the gateway’s own.'),
  input: whole('Tokens of input at the full price.'),
  cacheRead: whole('Tokens of input out of the provider’s cache.'),
  cacheWriteShort: whole('Tokens put into it for minutes.'),
  cacheWriteLong: whole('Tokens put into it for an hour or longer.'),
  output: whole('Tokens of output, reasoning included.'),
  reasoning: whole('Those of `output` that were spent on reasoning.'),
  audioInput: whole('Those of `input` that are sound.'),
  audioOutput: whole('Those of `output` that are sound.'),
  ...Object.fromEntries([...UNITS, 'otherUnits'].map(name => [name, whole('Things billed by the piece.')])),
  cost: text('What it cost, such as `0.0021 USD`; not there where that is not known.'),
  missing: words(MISSING, 'Why the cost is not known.'),
  durationMs: whole('From the head of the request to the end.'),
  firstByteMs: whole('To the first byte of the answer.'),
  firstEventMs: whole('Of the last try, to the first event with content.'),
  requestBytes: whole('Of the body.'),
  responseBytes: whole('Of the body.')
} as const

/** What an operator is told besides. */
const INSIDE = {
  consumer: text('Id of the consumer.'),
  upstream: text('Id of the upstream.'),
  peer: text('Id of the peer.'),
  provider: text('Id of the provider.'),
  priceVersion: text('Which price.'),
  attempts: whole('Tries at peers.'),
  isReduced: Type.Optional(Type.Boolean({ description: 'Names that nobody knows any more were left out.' }))
} as const

/** An exchange as its consumer is told of it. */
export const OwnCall: Endpoint['response'] = Type.Object(OWN)

/** An exchange as an operator is told of it. */
export const Call: Endpoint['response'] = Type.Object({ ...OWN, ...INSIDE })

/** What a row says, in the order of the schema. @param isOwn told to its consumer. */
export function callOf({ id, at, fields }: RecordRow, isOwn: boolean): Record<string, unknown> {
  const { cost, currency, receivedAt } = fields
  const told: Record<string, unknown> = {
    exchange: id,
    endedAt: new Date(at).toISOString(),
    ...(typeof receivedAt === 'number' && { receivedAt: new Date(receivedAt).toISOString() })
  }
  for (const name of Object.keys(isOwn ? OWN : { ...OWN, ...INSIDE })) {
    const value = fields[name]
    if (told[name] === undefined && value !== undefined && typeof value !== 'bigint') told[name] = value
  }
  if (typeof cost === 'bigint' && typeof currency === 'string' && currency !== NO_CURRENCY) {
    told.cost = `${decimalOf(cost)} ${currency}`
  }
  return told
}
