import t from 'tap'
import { REASONS, reasonFor } from '../../../plugins/rate-limit/reasons.ts'

t.test('says what there was too much of', async t => {
  const units = ['requests', 'tokens', 'inputTokens', 'outputTokens', 'cost', 'bytes', 'concurrent'] as const
  t.strictSame(
    units.map(unit => reasonFor(unit, 1_000)),
    [
      'requests_limited',
      'tokens_limited',
      'tokens_limited',
      'tokens_limited',
      'cost_limited',
      'bytes_limited',
      'concurrency_limited'
    ]
  )
})

t.test('what time does not help is not to be tried again', async t => {
  t.equal(reasonFor('tokens', Number.POSITIVE_INFINITY), 'beyond_limit')
  t.equal(REASONS.beyond_limit.retryable, false)
})
