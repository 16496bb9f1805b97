import t from 'tap'
import type { Bounds } from '../../../core/store/counters.ts'
import { InUse } from '../../../core/store/in-use.ts'

t.test('units in use', async t => {
  t.test('are free again when they are settled, whatever was used of them', async t => {
    const inUse = new InUse()
    const two: Bounds = { limit: 2, windowMs: 60_000 }
    inUse.charge(two, 1)
    inUse.charge(two, 1)
    t.strictSame([inUse.waitMs(two, 1), inUse.remaining(two), inUse.isIdle()], [1_000, 0, false])
    inUse.settle(two, 0, 1)
    t.strictSame(
      [inUse.waitMs(two, 1), inUse.waitMs(two, 2), inUse.waitMs(two, 3), inUse.remaining(two)],
      [0, 1_000, Number.POSITIVE_INFINITY, 1]
    )
    inUse.settle(two, 0, 1)
    t.strictSame([inUse.isIdle(), inUse.resetMs()], [true, 0])
  })
})
