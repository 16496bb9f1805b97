import t from 'tap'
import { coreRefusal } from '../../../core/errors.ts'
import { endReasonFor, reasonFor } from '../../../core/pipeline/ends.ts'

t.test('what core refuses or breaks off has its word for records', async t => {
  const words = (
    [
      'deadline_exceeded',
      'shutting_down',
      'plugin_failed',
      'upstream_cut',
      'response_too_large',
      'upstream_busy'
    ] as const
  ).map(reason => endReasonFor(coreRefusal(reason)))
  t.strictSame(words, ['deadline', 'shutdown', 'plugin_failed', 'upstream_cut', 'upstream_cut', 'refused'])
})

t.test('a client is told whether its upstream was busy, silent or gone', async t => {
  t.equal(reasonFor({ outcome: 'connect_failed', failureCode: 'NO_FREE_CONNECTION' }), 'upstream_busy')
  t.equal(reasonFor({ outcome: 'timed_out', failureCode: 'FIRST_BYTE_TIMEOUT' }), 'upstream_timeout')
  t.equal(reasonFor({ outcome: 'reset', failureCode: 'ECONNRESET' }), 'upstream_failed')
})
