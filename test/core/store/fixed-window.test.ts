import fc from 'fast-check'
import t from 'tap'
import type { Bounds } from '../../../core/store/counters.ts'
import { FixedWindow } from '../../../core/store/fixed-window.ts'
import { drive, LIMIT, step, sumSince } from './counter-steps.ts'

t.test('fixed window', async t => {
  t.test('counts from the beginning of its window, which is told by the offset', async t => {
    const fixed = new FixedWindow(30)
    fixed.charge(LIMIT, 100, 0)
    t.strictSame([fixed.waitMs(LIMIT, 1, 69), fixed.waitMs(LIMIT, 1, 70)], [1, 0])
    t.strictSame([fixed.remaining(LIMIT, 70), fixed.resetMs(LIMIT, 70)], [100, 0])
  })

  t.test('days begin at midnight UTC', async t => {
    const startAt = Date.UTC(2026, 4, 1, 22, 0, 0)
    const day: Bounds = { limit: 5, windowMs: 86_400_000 }
    const fixed = new FixedWindow(startAt)
    fixed.charge(day, 5, 0)
    t.equal(fixed.waitMs(day, 1, 0), 2 * 3_600_000)
  })

  t.test('decides as if every true amount had been known from the start', async t => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), steps => {
        let agrees = true
        drive(new FixedWindow(0), LIMIT, steps, (fits, { uses, amount, nowMs }) => {
          const beganMs = Math.floor(nowMs / LIMIT.windowMs) * LIMIT.windowMs
          agrees &&= fits === sumSince(uses, beganMs - 1) + amount <= LIMIT.limit
        })
        return agrees
      }),
      { numRuns: 2_000 }
    )
    t.pass('every decision was the same')
  })
})
