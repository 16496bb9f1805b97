import t from 'tap'
import { type Counter, LeakyBucket, SlidingWindow } from '../../../core/store/counters.ts'
import { FixedWindow } from '../../../core/store/fixed-window.ts'
import { addTheirs, isAsBefore } from '../../../core/store/successor.ts'
import { Sum } from '../../../core/store/sum.ts'

const NOW_MS = 10_000
const WINDOW_MS = 60_000
const bounds = { limit: 100, windowMs: WINDOW_MS }

const kinds: readonly (readonly [algorithm: string, make: () => Counter])[] = [
  ['gcra', () => new LeakyBucket()],
  ['sliding', () => new SlidingWindow()],
  ['fixed', () => new FixedWindow(0)],
  ['calendar', () => new Sum()],
  ['total', () => new Sum()]
]

function counterWith(make: () => Counter, units: number): Counter {
  const counter = make()
  counter.settle(bounds, counter.charge(bounds, units, NOW_MS), units, units, NOW_MS)
  return counter
}

function told(algorithm: string, make: () => Counter, theirs: number, before?: number) {
  const counter = counterWith(make, theirs)
  const state = counter.keep?.(NOW_MS, 0, undefined).state ?? []
  return {
    kept: { name: 'a', algorithm, window: WINDOW_MS, untilAt: Number.POSITIVE_INFINITY, state },
    theirs: counter,
    before: before === undefined ? undefined : counterWith(make, before)
  }
}

for (const [algorithm, make] of kinds) {
  t.test(`${algorithm}: what was counted there since is added to what was counted here`, async t => {
    const after = (theirs: number, before: number | undefined, ours: number) => {
      const counter = counterWith(make, ours)
      addTheirs(counter, told(algorithm, make, theirs, before), NOW_MS)
      return counter.used(bounds, NOW_MS)
    }
    t.equal(after(30, 20, 25), 35)
    t.equal(after(30, undefined, 5), 35, 'a counter that had no row')
    t.equal(after(20, 20, 25), 25)
    // Of what carries a time nobody knows whether it was theirs.
    const isTimed = algorithm === 'gcra' || algorithm === 'sliding'
    t.equal(after(12, 20, 25), isTimed ? 25 : 17, 'what was given back')
  })

  t.test(`${algorithm}: tells whether anything was counted here`, async t => {
    const isSame = (before: number | undefined, ours: number) =>
      isAsBefore(counterWith(make, ours), told(algorithm, make, 50, before), NOW_MS)
    t.strictSame(
      [isSame(20, 20), isSame(20, 21), isSame(undefined, 0), isSame(undefined, 1)],
      [true, false, true, false]
    )
  })
}

t.test('tops up by what was topped up there', async t => {
  const ours = counterWith(() => new Sum(), 5)
  const { theirs, ...rest } = told('total', () => new Sum(), 5, 5)
  theirs.topUp?.(bounds, 40, NOW_MS)
  t.equal(isAsBefore(theirs, { theirs, ...rest }, NOW_MS), false)
  addTheirs(ours, { theirs, ...rest }, NOW_MS)
  t.strictSame([ours.credit, ours.used(bounds, NOW_MS)], [40, 5])
})
