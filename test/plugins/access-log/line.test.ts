import type { AccessFacts, Attempt } from 'tacit-gateway/plugin'
import t from 'tap'
import { Access, isFaultless, lineOf } from '../../../plugins/access-log/line.ts'

const attempt = (id: string): Attempt => ({
  upstream: 'chat',
  peer: { id, origin: new URL('http://peer.test'), weight: 1, priority: 0, labels: {}, inFlight: 0 },
  number: 1,
  outcome: 'committed',
  status: 200,
  headersMs: 12,
  firstEventMs: undefined,
  endedMs: undefined,
  retryAfterMs: undefined
})

const FACTS: AccessFacts = {
  end: { reason: 'complete', status: 200, durationMs: 30 },
  method: 'POST',
  source: 'upstream',
  reason: undefined,
  firstByteMs: 14,
  overheadMs: 2,
  requestBytes: 100,
  responseBytes: 2000,
  attempts: [attempt('eu'), attempt('us')],
  error: undefined
}

t.test('a line has every figure of the exchange, and the peer of the last try', async t => {
  t.strictSame(lineOf(FACTS, 'team-search'), {
    method: 'POST',
    status: 200,
    source: 'upstream',
    reason: undefined,
    end: 'complete',
    durationMs: 30,
    firstByteMs: 14,
    overheadMs: 2,
    requestBytes: 100,
    responseBytes: 2000,
    attempts: 2,
    upstream: 'chat',
    peer: 'us',
    consumer: 'team-search',
    errorCode: undefined,
    errorOrigin: undefined
  })
})

t.test('a refusal before any try has no upstream, and says why', async t => {
  const refused: AccessFacts = {
    ...FACTS,
    end: { reason: 'refused', status: 401, durationMs: 1 },
    source: 'gateway',
    reason: 'missing_api_key',
    attempts: []
  }
  const { reason, end, attempts, upstream, peer, consumer } = lineOf(refused, undefined)
  t.strictSame(
    { reason, end, attempts, upstream, peer, consumer },
    {
      reason: 'missing_api_key',
      end: 'refused',
      attempts: 0,
      upstream: undefined,
      peer: undefined,
      consumer: undefined
    }
  )
})

t.test('an error is told by its code and its origin', async t => {
  const { errorCode, errorOrigin } = lineOf({ ...FACTS, error: { code: 'ECONNRESET', origin: 'upstream' } }, undefined)
  t.strictSame([errorCode, errorOrigin], ['ECONNRESET', 'upstream'])
})

t.test('every field of the schema is in a line, in the order of the schema', async t => {
  t.strictSame(Object.keys(lineOf(FACTS, undefined)), Object.keys(Access.properties))
})

t.test('an exchange is without fault when the client got all of a success', async t => {
  t.equal(isFaultless(FACTS), true)
  t.equal(isFaultless({ ...FACTS, end: { ...FACTS.end, status: 399 } }), true)
  t.equal(isFaultless({ ...FACTS, end: { ...FACTS.end, status: 400 } }), false)
  t.equal(isFaultless({ ...FACTS, end: { ...FACTS.end, reason: 'client_gone' } }), false)
  t.equal(isFaultless({ ...FACTS, error: { code: 'X', origin: 'gateway' } }), false)
})
