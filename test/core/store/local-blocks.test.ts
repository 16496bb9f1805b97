import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import type { Claim } from '../../../core/plugin.ts'
import { LimitJournal } from '../../../core/store/limit-journal.ts'
import { LocalBlock } from '../../../core/store/local-blocks.ts'
import { Slot } from '../../../core/store/slots.ts'
import { Sum } from '../../../core/store/sum.ts'
import { isFull } from '../../support/full.ts'
import { setUp, TestExchange } from './support.ts'

const LIMIT = 100
const WINDOW_MS = 1_000
const ALGORITHMS = ['gcra', 'sliding', 'fixed', 'total'] as const

function claimOf(algorithm: Claim['algorithm'], amount: number): Claim {
  return { counter: 'consumer/a/tokens', algorithm, limit: LIMIT, windowMs: WINDOW_MS, amount }
}

/** A counter of which a block is taken. */
function taken(algorithm: Claim['algorithm'], most: number, lifeMs = 100) {
  const { clock, limits } = setUp()
  const outcome = limits.take(claimOf(algorithm, 1), most, lifeMs)
  if (typeof outcome === 'number') throw new Error('it is there')
  const read = () => {
    const [reading] = limits.read([claimOf(algorithm, 0)])
    return reading === undefined ? [] : [reading.spent, reading.held, reading.remaining]
  }
  return { clock, limits, read, now: () => clock.monotonic(), ...outcome }
}

for (const algorithm of ALGORITHMS) {
  t.test(`${algorithm}: what is set aside is taken, and what of it was used counts`, async t => {
    const { limits, block, remaining, read, now } = taken(algorithm, 30)
    t.strictSame([block.units, block.usableMs, remaining, read()], [30, 100, 70, [0, 30, 70]])
    t.match(limits.hold(new TestExchange(), [claimOf(algorithm, 71)]), { granted: false, cause: 'limit' })
    t.match(limits.hold(new TestExchange(), [{ ...claimOf(algorithm, 70), final: true }]), { remaining: [0] })
    block.release(20, now())
    block.release(0, now())
    t.strictSame(read(), [90, 0, 10], 'once')
    block.correct(5, 0, now())
    block.correct(5, 3, now())
    t.strictSame(read(), [83, 0, 17])
    block.end(now())
    block.correct(10, 10, now())
    t.strictSame(read(), [83, 0, 17], 'and that is that')
  })

  t.test(`${algorithm}: never over the limit, whenever units of blocks are used`, { timeout: 300_000 }, async t => {
    const step = fc.record({
      passesMs: fc.nat({ max: 400 }),
      most: fc.nat({ max: 60 }),
      usedAfterMs: fc.nat({ max: 100 }),
      releasedAfterMs: fc.nat({ max: 300 })
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), steps => {
        const { clock, limits } = setUp()
        const uses: { readonly atMs: number; readonly units: number }[] = []
        const due: { readonly atMs: number; readonly block: LocalBlock }[] = []
        const advanceTo = (untilMs: number) => {
          for (const each of due.filter(({ atMs }) => atMs <= untilMs).sort((a, b) => a.atMs - b.atMs)) {
            if (each.atMs > clock.monotonic()) clock.advance(each.atMs - clock.monotonic())
            each.block.end(clock.monotonic())
            due.splice(due.indexOf(each), 1)
          }
          if (untilMs > clock.monotonic()) clock.advance(untilMs - clock.monotonic())
        }
        for (const { passesMs, most, usedAfterMs, releasedAfterMs } of steps) {
          advanceTo(clock.monotonic() + passesMs)
          const outcome = limits.take(claimOf(algorithm, 1), most, 100)
          if (typeof outcome === 'number') continue
          const { block } = outcome
          if (block.usableMs === 0) block.release(0, clock.monotonic())
          const usedMs = clock.monotonic() + Math.min(usedAfterMs, Math.max(block.usableMs - 1, 0))
          // Nobody says how many were used: they all were.
          if (block.usableMs > 0) uses.push({ atMs: usedMs, units: block.units })
          due.push({ atMs: usedMs + releasedAfterMs, block })
        }
        advanceTo(clock.monotonic() + 10_000)
        uses.sort((a, b) => a.atMs - b.atMs)
        return uses.every(({ atMs }, at) => {
          const before = uses.slice(0, at + 1)
          if (algorithm === 'gcra') {
            let [level, lastMs] = [0, 0]
            for (const use of before) {
              level = Math.max(level - ((use.atMs - lastMs) * LIMIT) / WINDOW_MS, 0) + use.units
              lastMs = use.atMs
            }
            return level <= LIMIT + 1e-6
          }
          const wall = (ms: number) => ms + clock.now() - clock.monotonic()
          const isCounted = (ms: number) => {
            if (algorithm === 'total') return true
            if (algorithm === 'sliding') return ms > atMs - WINDOW_MS
            return Math.floor(wall(ms) / WINDOW_MS) === Math.floor(wall(atMs) / WINDOW_MS)
          }
          return before.filter(use => isCounted(use.atMs)).reduce((sum, { units }) => sum + units, 0) <= LIMIT
        })
      }),
      { numRuns: isFull ? 5_000 : 200 }
    )
    t.pass('no model was ever over its limit')
  })
}

t.test('who asks for more than is left beside blocks is told to come back when they do', async t => {
  const { limits } = taken('total', 30)
  t.match(limits.hold(new TestExchange(), [claimOf('total', 80)]), { granted: false, retryAfterMs: 1_000 })
  t.match(limits.hold(new TestExchange(), [claimOf('total', 101)]), { retryAfterMs: Number.POSITIVE_INFINITY })
  t.equal(limits.take(claimOf('total', 80), 90, 100), 1_000)
  const rest = limits.take(claimOf('total', 1), 90, 100)
  t.match(rest, { block: { units: 70 }, remaining: 0 }, 'no more than there is')
})

t.test('a block lives no longer than its window', async t => {
  // It is noon, and 400 ms.
  const { clock, limits } = setUp()
  clock.advance(400)
  t.match(limits.take(claimOf('fixed', 1), 10, 5_000), { block: { usableMs: 600 } })
  const month: Claim = {
    counter: 'b',
    algorithm: 'calendar',
    startsAt: 0,
    endsAt: clock.now() + 70,
    limit: 9,
    amount: 1
  }
  t.match(limits.take(month, 5, 1_000), { block: { units: 5, usableMs: 70 } })
  t.match(limits.take({ ...month, startsAt: 1, endsAt: clock.now() - 1 }, 5, 1_000), { block: { usableMs: 0 } })
})

t.test('what was used in a fixed window that is over counts for nothing in the next', async t => {
  const { clock, block, read, now } = taken('fixed', 30)
  clock.advance(WINDOW_MS)
  t.strictSame(read(), [0, 30, 70])
  block.release(20, now())
  t.strictSame(read(), [0, 0, 100])
  block.correct(5, 0, now())
  t.strictSame(read(), [0, 0, 100])
  block.correct(0, 4, now())
  t.strictSame(read(), [4, 0, 96], 'what came on top came now')
})

t.test('after a reset nothing of a block counts, but what came on top', async t => {
  const { limits, block, read, now } = taken('total', 30)
  limits.reset(claimOf('total', 0))
  t.strictSame(read(), [0, 0, 100])
  block.release(20, now())
  block.correct(5, 3, now())
  block.end(now())
  t.strictSame(read(), [3, 0, 97])
})

t.test('a block that nobody told anything of is used, and lets go of its counter', async t => {
  const { limits, block, read, now } = taken('total', 30)
  block.end(now())
  t.strictSame(read(), [30, 0, 70])
  limits.reset(claimOf('total', 0))
  const slot = new Slot(claimOf('total', 0), new Sum(), undefined, {
    journal: undefined,
    nowMs: () => 0,
    offsetMs: () => 0
  })
  const other = new LocalBlock(slot, { limit: LIMIT, windowMs: 0 }, 5, 10, 0)
  t.equal(slot.isIdle(0), false)
  other.release(0, 0)
  t.equal(slot.isIdle(0), false)
  other.end(0)
  t.equal(slot.isIdle(0), true)
})

t.test('whoever comes after the process finds what was set aside used', async t => {
  const { clock, limits } = setUp()
  const file = join(t.testdir(), 'limits.sqlite')
  const journal = LimitJournal.open(file, { now: () => clock.now(), failed: code => t.fail(code) })
  limits.keepIn(journal)
  for (const algorithm of ALGORITHMS) t.match(limits.take(claimOf(algorithm, 1), 30, 100), { block: { units: 30 } })
  journal.flush()
  const next = setUp()
  next.limits.restore(LimitJournal.peek(file, clock.now()))
  for (const algorithm of ALGORITHMS) {
    t.match(next.limits.read([claimOf(algorithm, 0)]), [{ spent: 30, held: 0 }], algorithm)
    t.match(limits.read([claimOf(algorithm, 0)]), [{ spent: 0, held: 30 }], 'here it still is what it was')
  }
  await journal.close()
})
