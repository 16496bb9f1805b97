import t from 'tap'
import { retryAfterMs } from '../../../core/pipeline/answer-head.ts'

t.test('reads when to come back, in milliseconds before seconds', async t => {
  t.equal(retryAfterMs({ 'retry-after': '2' }), 2_000)
  t.equal(retryAfterMs({ 'retry-after': '2', 'retry-after-ms': '1500' }), 1_500)
  t.equal(retryAfterMs({ 'retry-after': '2', 'retry-after-ms': '1.5' }), 2_000)
  for (const value of ['', '-1', '1.5', 'Fri, 31 Dec 1999 23:59:59 GMT', '99999999', ['1', '2']]) {
    t.equal(retryAfterMs({ 'retry-after': value }), undefined, String(value))
  }
  t.equal(retryAfterMs({}), undefined)
})
