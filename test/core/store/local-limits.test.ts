import t from 'tap'
import type { Claim } from '../../../core/plugin.ts'
import { openLocalLimits } from '../../../core/store/local-limits.ts'
import { ManualClock } from '../../support/clock.ts'
import { reading, TestExchange } from './support.ts'

const NOW_AT = Date.UTC(2026, 5, 1, 12)
const DAY_MS = 86_400_000
const day = { startsAt: Date.UTC(2026, 5, 1), endsAt: Date.UTC(2026, 5, 2) }

/** Every algorithm that outlives a process. */
const claims: readonly Claim[] = [
  { counter: 'a', algorithm: 'gcra', limit: 60, windowMs: 60_000, amount: 10 },
  { counter: 'a', algorithm: 'sliding', limit: 60, windowMs: 60_000, amount: 10 },
  { counter: 'a', algorithm: 'fixed', limit: 60, windowMs: 3_600_000, amount: 10 },
  { counter: 'a', algorithm: 'calendar', ...day, limit: 60, amount: 10 },
  { counter: 'a', algorithm: 'total', limit: 60, amount: 10 }
]
const slot: Claim = { counter: 'a', algorithm: 'concurrency', limit: 3, amount: 1 }

/** One process after the other over the same folder; the clock of each begins anew, as a process's does. */
function processes(t: { testdir(): string }) {
  const folder = t.testdir()
  return (nowAt: number) => {
    const clock = new ManualClock(nowAt)
    const failures: string[] = []
    return { clock, failures, ...openLocalLimits({ clock, folder, failed: code => failures.push(code) }) }
  }
}

t.test('goes on from what another process has spent and held', async t => {
  const begin = processes(t)
  const first = begin(NOW_AT)
  const held = first.limits.hold(new TestExchange(), [...claims, slot])
  if (held.granted) held.settle([5, 5, 5, 5, 5])
  first.limits.hold(new TestExchange(), [...claims, slot])
  first.limits.topUp({ counter: 'a', algorithm: 'total' }, 7)
  await first.close()
  const second = begin(NOW_AT + 10_000)
  t.strictSame(
    claims.map(claim => reading(second.limits, claim)),
    [
      [5, 0, 55],
      [15, 0, 45],
      [15, 0, 45],
      [15, 0, 45],
      [15, 0, 52]
    ]
  )
  t.strictSame(reading(second.limits, slot), [0, 0, 3], 'nothing of another process is in use')
  second.clock.advance(62_000)
  t.strictSame(reading(second.limits, claims[1] ?? slot), [0, 0, 60], 'and leaves the window')
  await second.close()
})

t.test('what was held that is to be given back is, but by a bucket', async t => {
  const begin = processes(t)
  const first = begin(NOW_AT)
  const back = claims.map(claim => ({ ...claim, lost: 'give_back' as const }))
  first.limits.hold(new TestExchange(), back)
  const settled = first.limits.hold(new TestExchange(), back)
  if (settled.granted) settled.settle([4, 4, 4, 4, 4])
  first.limits.hold(new TestExchange(), [
    { counter: 'a', algorithm: 'total', limit: 60, amount: 3, final: true, lost: 'give_back' }
  ])
  await first.close()
  const second = begin(NOW_AT)
  t.strictSame(
    claims.map(claim => reading(second.limits, claim)[0]),
    [14, 4, 4, 4, 7]
  )
  await second.close()
})

t.test('a clock that was set back or ahead between two processes opens no window that has not ended', async t => {
  for (const [nowAt, spent] of [
    [NOW_AT - DAY_MS, [10, 10, 10, 10, 10]],
    [NOW_AT + DAY_MS, [0, 0, 0, 10, 10]],
    [NOW_AT + 3 * DAY_MS, [0, 0, 0, 0, 10]]
  ] as const) {
    const begin = processes(t)
    const first = begin(NOW_AT)
    const held = first.limits.hold(new TestExchange(), claims)
    if (held.granted) held.settle([])
    await first.close()
    const second = begin(nowAt)
    t.strictSame(
      claims.map(claim => reading(second.limits, claim)[0]),
      spent
    )
    await second.close()
  }
})

t.test('a reset is kept, too', async t => {
  const begin = processes(t)
  const first = begin(NOW_AT)
  const [claim] = claims.toReversed()
  if (claim === undefined) throw new Error('there is one')
  first.limits.hold(new TestExchange(), [claim])
  first.keep?.()
  first.limits.reset(claim)
  await first.close()
  const second = begin(NOW_AT)
  t.strictSame(reading(second.limits, claim), [0, 0, 60])
  await second.close()
})

t.test('a journal that another process has is used as soon as it is free', async t => {
  const begin = processes(t)
  const first = begin(NOW_AT)
  const [claim] = claims.toReversed()
  if (claim === undefined) throw new Error('there is one')
  first.limits.hold(new TestExchange(), [claim])
  first.keep?.()
  const second = begin(NOW_AT)
  t.match(second.health(), { status: 'degraded' })
  t.strictSame(reading(second.limits, claim), [10, 0, 50], 'begins with what is there')
  first.limits.hold(new TestExchange(), [claim])
  await first.close()
  while (second.health().status !== 'ok') await new Promise(setImmediate)
  t.strictSame(reading(second.limits, claim), [20, 0, 40])
  second.limits.hold(new TestExchange(), [claim])
  await second.kept()
  await second.close()
  const third = begin(NOW_AT)
  t.strictSame(reading(third.limits, claim), [30, 0, 30])
  await third.close()
})

t.test('without a folder nothing is kept, and nothing is waited for', async t => {
  const clock = new ManualClock(NOW_AT)
  const open = openLocalLimits({ clock, folder: undefined, failed: () => {} })
  open.limits.hold(new TestExchange(), claims)
  t.strictSame([open.keep, open.kept(), open.health()], [undefined, undefined, { status: 'ok' }])
  await open.close()
})

t.test('what two processes count while one takes over from the other is counted once', async t => {
  const begin = processes(t)
  const old = begin(NOW_AT)
  const spend = ({ limits }: typeof old, amount: number) => {
    const exchange = new TestExchange()
    const held = limits.hold(
      exchange,
      claims.map(claim => ({ ...claim, amount }))
    )
    return { settle: (actual: number) => held.granted && held.settle(claims.map(() => actual)) }
  }
  const spent = ({ limits }: typeof old) =>
    claims.map(claim => {
      const [used = 0, held = 0] = reading(limits, claim)
      return used + held
    })
  spend(old, 10)
  const draining = spend(old, 8)
  old.keep?.()
  const next = begin(NOW_AT)
  t.strictSame(spent(next), [18, 18, 18, 18, 18])
  t.match(next.health(), { status: 'degraded' })
  // Both count: the old one until the new one serves, and what is under way there comes to less, or to more.
  const open = spend(next, 5)
  spend(next, 4).settle(2)
  spend(old, 6)
  spend(old, 3).settle(7)
  old.limits.topUp({ counter: 'a', algorithm: 'total' }, 9)
  draining.settle(1)
  await old.close()
  while (next.health().status !== 'ok') await new Promise(setImmediate)
  // 10 + 1 + 6 + 7 there, and 5 + 2 here.
  t.strictSame(spent(next), [31, 31, 31, 31, 31])
  open.settle(0)
  const own = [26, 26, 26, 26, 26]
  t.strictSame(spent(next), own)
  t.match(next.limits.read([claims[4] ?? slot]), [{ credit: 9, remaining: 60 + 9 - 26 }])
  await next.close()
  const third = begin(NOW_AT)
  t.strictSame(spent(third), own, 'and is kept')
  await third.close()
})
