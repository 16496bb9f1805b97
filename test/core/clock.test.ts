import t from 'tap'
import { systemClock } from '../../core/clock.ts'
import { ManualClock } from '../support/clock.ts'

t.test('the system clock tells wall-clock time in whole milliseconds', async t => {
  const before = Date.now()
  const now = systemClock.now()
  t.ok(Number.isInteger(now))
  t.ok(now >= before && now <= Date.now())
})

t.test('monotonic time never falls', async t => {
  let last = systemClock.monotonic()
  for (let reading = 0; reading < 10_000; reading++) {
    const next = systemClock.monotonic()
    if (next < last) t.fail(`fell from ${last} to ${next}`)
    last = next
  }
})

t.test('a clock by hand stands still, advances both times, and jumps only on the wall', async t => {
  const clock = new ManualClock(1_000)
  t.strictSame([clock.now(), clock.monotonic()], [1_000, 0])
  clock.advance(250)
  t.strictSame([clock.now(), clock.monotonic()], [1_250, 250])
  clock.jump(10)
  t.strictSame([clock.now(), clock.monotonic()], [10, 250])
  t.throws(() => clock.advance(-1), RangeError)
})

t.test('a clock by hand tells its listeners of every step until they leave', async t => {
  const clock = new ManualClock(0)
  const seen: number[] = []
  const leave = clock.onMove(() => seen.push(clock.monotonic()))
  clock.advance(25, 10)
  t.strictSame(seen, [10, 20, 25])
  t.equal(clock.listeners, 1)
  leave()
  clock.advance(5)
  t.strictSame(seen, [10, 20, 25])
  t.equal(clock.listeners, 0)
})
