import t from 'tap'
import { worstOf } from '../../../core/processes/worst-health.ts'

t.test('tells of each the worst that any process says', async t => {
  t.strictSame(
    worstOf([
      { keys: { status: 'ok' }, tokens: { status: 'degraded', detail: 'half of it' } },
      { keys: { status: 'failed' }, tokens: { status: 'ok' }, only: { status: 'ok' } },
      { keys: { status: 'degraded' } }
    ]),
    { keys: { status: 'failed' }, tokens: { status: 'degraded', detail: 'half of it' }, only: { status: 'ok' } }
  )
  t.strictSame(worstOf([]), {})
})
