import t from 'tap'
import { Sum } from '../../../core/store/sum.ts'

const DAY_MS = 86_400_000

t.test('counts for ever where it has no end', async t => {
  const sum = new Sum()
  const bounds = { limit: 10, windowMs: 0 }
  const mark = sum.charge(bounds, 8)
  t.strictSame([sum.waitMs(bounds, 2, 0), sum.waitMs(bounds, 3, 1e12)], [0, Number.POSITIVE_INFINITY])
  t.strictSame([sum.remaining(bounds), sum.resetMs(bounds, 0), sum.used()], [2, Number.POSITIVE_INFINITY, 8])
  sum.settle(bounds, mark, 8, 3)
  t.strictSame([sum.remaining(bounds), sum.isIdle(1e15)], [7, false])
  sum.settle(bounds, mark, 3, 0)
  t.strictSame([sum.resetMs(bounds, 0), sum.isIdle(0)], [0, true])
})

t.test('tells how long its window lasts', async t => {
  const sum = new Sum()
  const bounds = { limit: 10, windowMs: 0, endsMs: 5_000 }
  sum.charge(bounds, 10)
  t.strictSame([sum.waitMs(bounds, 1, 4_000), sum.waitMs(bounds, 11, 4_000)], [1_000, Number.POSITIVE_INFINITY])
  t.equal(sum.resetMs(bounds, 4_999.5), 1)
})

t.test('is remembered for a day after its end, since the clock may be set back', async t => {
  const sum = new Sum()
  const bounds = { limit: 10, windowMs: 0, endsMs: 5_000 }
  sum.waitMs(bounds, 1, 0)
  sum.charge(bounds, 1)
  t.equal(sum.isIdle(DAY_MS), false)
  t.equal(sum.isIdle(DAY_MS + 5_001), true)
})

t.test('may be topped up, and the top-up taken back', async t => {
  const sum = new Sum()
  const bounds = { limit: 10, windowMs: 0 }
  sum.charge(bounds, 10)
  sum.topUp(bounds, 5)
  t.strictSame([sum.waitMs(bounds, 5, 0), sum.credit, sum.remaining(bounds)], [0, 5, 5])
  sum.topUp(bounds, -8)
  t.strictSame([sum.remaining(bounds), sum.waitMs(bounds, 0, 0)], [0, Number.POSITIVE_INFINITY])
})

t.test('what was undone leaves no trace', async t => {
  const sum = new Sum()
  sum.undo(sum.charge({ limit: 1, windowMs: 0 }, 1), 1)
  t.equal(sum.isIdle(0), true)
})
