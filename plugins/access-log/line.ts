/** What stands in a line of the access log. Pure. */
import { type AccessFacts, END_REASONS, type Facts, Type } from 'tacit-gateway/plugin'

const Id = (description: string) =>
  Type.Optional(Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._/-]{0,127}$', description }))
const Word = (words: readonly string[], description: string) => Type.String({ enum: [...words], description })

/** The fields of a line. None can hold what was said, what was asked for, or where from. */
export const Access = Type.Object({
  method: Type.String({ pattern: '^[A-Z]{1,16}(-[A-Z]{1,16})?$', description: 'Method of the request.' }),
  status: Type.Integer({ description: 'Status that the client was sent; 0 when it was sent none.' }),
  source: Word(['upstream', 'gateway', 'none'], 'Who made the response.'),
  reason: Type.Optional(Type.String({ pattern: '^[a-z0-9_]{1,64}$', description: 'Reason of the refusal.' })),
  end: Word(END_REASONS, 'How the exchange ended.'),
  durationMs: Type.Number({ description: 'From the head of the request to the end.' }),
  firstByteMs: Type.Optional(
    Type.Number({ description: 'From the head of the request to the first byte of the response.' })
  ),
  overheadMs: Type.Number({ description: "The gateway's own part of `firstByteMs`." }),
  requestBytes: Type.Integer({ description: 'Size of the request body.' }),
  responseBytes: Type.Integer({ description: 'Size of the response body.' }),
  attempts: Type.Integer({ description: 'Tries at peers.' }),
  upstream: Id('Upstream of the last try.'),
  peer: Id('Peer of the last try.'),
  consumer: Id('Who called.'),
  errorCode: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9_]{1,64}$', description: 'Code of the error.' })),
  errorOrigin: Type.Optional(Word(['client', 'upstream', 'plugin', 'gateway'], 'Whose error it was.'))
})

/** A line. */
export type Line = Record<keyof typeof Access.properties, Facts[string]>

/** The line of an exchange that has ended. */
export function lineOf(facts: AccessFacts, consumer: string | undefined): Line {
  const { end, attempts, error } = facts
  const last = attempts.at(-1)
  return {
    method: facts.method,
    status: end.status,
    source: facts.source,
    reason: facts.reason,
    end: end.reason,
    durationMs: end.durationMs,
    firstByteMs: facts.firstByteMs,
    overheadMs: facts.overheadMs,
    requestBytes: facts.requestBytes,
    responseBytes: facts.responseBytes,
    attempts: attempts.length,
    upstream: last?.upstream,
    peer: last?.peer.id,
    consumer,
    errorCode: error?.code,
    errorOrigin: error?.origin
  }
}

/** Whether nothing went wrong: the client got all of a success. */
export function isFaultless({ end, error }: AccessFacts): boolean {
  return end.reason === 'complete' && end.status < 400 && error === undefined
}
