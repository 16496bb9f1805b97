import fc from 'fast-check'
import t from 'tap'
import { penaltyMs, verdictOf } from '../../../plugins/least-latency/verdict.ts'

t.test('an answer below 400 counts with its latency', async t => {
  for (const status of [200, 204, 304]) t.equal(verdictOf({ outcome: 'committed', status }), 'answered')
})

t.test('an answer that blames the peer or its account is a failure', async t => {
  for (const status of [401, 403, 404, 408, 429, 500, 502, 503, 504]) {
    t.equal(verdictOf({ outcome: 'committed', status }), 'failed', `${status}`)
  }
})

t.test('an answer that blames the request says nothing', async t => {
  for (const status of [400, 409, 413, 422]) t.equal(verdictOf({ outcome: 'committed', status }), 'unclear')
})

t.test('a try that came to nothing is a failure', async t => {
  for (const outcome of ['rejected', 'connect_failed', 'timed_out', 'reset'] as const) {
    t.equal(verdictOf({ outcome, status: undefined }), 'failed', outcome)
  }
  t.equal(verdictOf({ outcome: 'rejected', status: 200 }), 'failed')
})

t.test('a try that the gateway gave up says nothing', async t => {
  t.equal(verdictOf({ outcome: 'cancelled', status: undefined }), 'unclear')
  t.equal(verdictOf({ outcome: 'cancelled', status: 500 }), 'unclear')
})

t.test('the penalty doubles while failures go on, up to eight times the least', async t => {
  const penalties: number[] = []
  for (let known = 0; penalties.length < 6; known = penalties.at(-1) ?? 0) penalties.push(penaltyMs(1000, known, 5))
  t.strictSame(penalties, [1000, 2000, 4000, 8000, 8000, 8000])
})

t.test('the penalty is what the peer asked to wait, within the same bound', async t => {
  t.equal(penaltyMs(1000, 0, 5, 3000), 3000)
  t.equal(penaltyMs(1000, 0, 5, 3_600_000), 8000)
})

t.test('the penalty is never less than the failed try took', async () => {
  const times = fc.double({ min: 0, max: 1e6, noNaN: true })
  fc.assert(fc.property(times, times, times, (least, known, elapsed) => penaltyMs(least, known, elapsed) >= elapsed))
})
