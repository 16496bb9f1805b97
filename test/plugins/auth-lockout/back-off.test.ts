import t from 'tap'
import { waitAfter } from '../../../plugins/auth-lockout/back-off.ts'

t.test('costs nothing at first, then twice as much each time, up to the longest wait', t => {
  const backOff = { free: 3, baseMs: 1_000, maxMs: 10_000 }
  const waits = [0, 3, 4, 5, 6, 7, 8, 1_000_000].map(failures => waitAfter(failures, backOff))
  t.strictSame(waits, [0, 0, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000])
  t.end()
})
