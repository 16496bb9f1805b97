import t from 'tap'
import { ManualClock } from '../../../core/testing/manual-clock.ts'

t.test('stands still until it is moved, and then moves both times', async t => {
  const clock = new ManualClock(1000)
  t.strictSame([clock.now(), clock.monotonic()], [1000, 0])
  t.strictSame([clock.now(), clock.monotonic()], [1000, 0])
  clock.advance(250.5)
  t.strictSame([clock.now(), clock.monotonic()], [1250.5, 250.5])
})

t.test('begins in 2026 unless it is told otherwise', async t => {
  t.equal(new Date(new ManualClock().now()).toISOString(), '2026-01-01T00:00:00.000Z')
})

t.test('tells its listeners of each move until they stop listening', async t => {
  const clock = new ManualClock()
  const seen: number[] = []
  const stop = clock.onMove(() => seen.push(clock.monotonic()))
  clock.advance(1)
  clock.advance(2)
  stop()
  clock.advance(3)
  t.strictSame(seen, [1, 3])
})

t.test('never moves backwards', async t => {
  const clock = new ManualClock()
  t.throws(() => clock.advance(-1), RangeError)
  t.throws(() => clock.advance(Number.NaN), RangeError)
  t.equal(clock.monotonic(), 0)
})
