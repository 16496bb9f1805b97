import t from 'tap'
import type { Outcome } from '../../../../core/plugin.ts'
import { verdictOf } from '../../../../core/upstream/health/verdict.ts'

t.test('a try without an answer is a gateway failure, unless it was given up', async t => {
  const outcomes: readonly Outcome[] = ['connect_failed', 'timed_out', 'reset', 'cancelled']
  t.strictSame(
    outcomes.map(outcome => verdictOf({ outcome, status: undefined })),
    ['gateway_failed', 'gateway_failed', 'gateway_failed', 'unclear']
  )
})

t.test('an answer is judged by its status, whether it was passed on or not', async t => {
  const statuses = [200, 304, 400, 401, 404, 429, 500, 501, 502, 503, 504, 505, 529, 599]
  for (const outcome of ['committed', 'rejected'] as const) {
    t.strictSame(
      statuses.map(status => verdictOf({ outcome, status })).slice(2),
      [
        ...['ok', 'ok', 'ok', 'limited', 'failed', 'failed'],
        ...['gateway_failed', 'gateway_failed', 'gateway_failed', 'failed', 'failed', 'failed']
      ],
      outcome
    )
  }
  t.equal(verdictOf({ outcome: 'committed', status: 200 }), 'ok')
})

t.test('an error before any content of a stream that began well is a failure', async t => {
  t.equal(verdictOf({ outcome: 'rejected', status: 200 }), 'failed')
  t.equal(verdictOf({ outcome: 'rejected', status: undefined }), 'failed')
})
