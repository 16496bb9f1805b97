import fc from 'fast-check'
import t from 'tap'
import { FIRST_PAUSE_MS, LONGEST_PAUSE_MS, pauseMs } from '../../../core/events/backoff.ts'

t.test('doubles the pause with each try, up to an hour', async t => {
  const most = (attempts: number) => Math.round(pauseMs(attempts, () => 0.999_999_999))
  t.strictSame([1, 2, 3, 4].map(most), [FIRST_PAUSE_MS, 2_000, 4_000, 8_000])
  t.strictSame([13, 1_000].map(most), [LONGEST_PAUSE_MS, LONGEST_PAUSE_MS])
})

t.test('leaves half of it to chance', async t => {
  const dice = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40 }), dice, (attempts, chance) => {
      const pause = pauseMs(attempts, () => chance)
      const most = Math.min(FIRST_PAUSE_MS * 2 ** (attempts - 1), LONGEST_PAUSE_MS)
      return pause >= most / 2 && pause <= most
    })
  )
  t.pass()
})
