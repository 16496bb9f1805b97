import fc from 'fast-check'
import t from 'tap'
import type { Claim, Exchange, Held } from '../../../core/plugin.ts'
import { LocalLimits } from '../../../core/store/limits.ts'
import { ManualClock } from '../../support/clock.ts'

/** The part of an exchange that limits look at: that it is this one. */
class TestExchange implements Exchange {
  readonly isExplained = false
  ended = false
  readonly id = 'id'
  readonly route = 'chat'
  readonly dialect = 'http'
  readonly receivedAt = 0
  readonly signal = AbortSignal.abort()
  readonly target = undefined
  routeTo(): void {}
  get(): undefined {}
  need(): never {
    throw new Error('not here')
  }
  set(): void {}
  decide(): void {}
  log(): void {}
}

function setUp(maxCounters?: number) {
  const clock = new ManualClock(Date.UTC(2026, 0, 1, 12) - 17_000)
  clock.advance(17_000)
  const limits = new LocalLimits(clock, maxCounters === undefined ? {} : { maxCounters })
  return { clock, limits }
}

function requests(counter: string, limit: number, amount = 1): Claim {
  return { counter, limit, windowMs: 60_000, algorithm: 'gcra', amount }
}

function slots(counter: string, limit: number): Claim {
  return { counter, limit, windowMs: 60_000, algorithm: 'concurrency', amount: 1 }
}

/** What a hold came to, without its functions. */
function facts(held: Held) {
  return held.granted ? { granted: true, remaining: held.remaining, resetMs: held.resetMs } : held
}

t.test('grants until the limit is reached, and then says how long to wait', async t => {
  const { clock, limits } = setUp()
  const claims = [requests('consumer/a/requests', 2)]
  t.strictSame(facts(limits.hold(new TestExchange(), claims)), { granted: true, remaining: [1], resetMs: [30_000] })
  t.strictSame(facts(limits.hold(new TestExchange(), claims)), { granted: true, remaining: [0], resetMs: [60_000] })
  t.strictSame(facts(limits.hold(new TestExchange(), claims)), { granted: false, claim: 0, retryAfterMs: 30_000 })
  clock.advance(30_000)
  t.equal(limits.hold(new TestExchange(), claims).granted, true)
})

t.test('all claims are granted together or none', async t => {
  const { limits } = setUp()
  const first = requests('a', 10)
  const full = slots('b', 0)
  t.strictSame(facts(limits.hold(new TestExchange(), [first, full])), { granted: false, claim: 1, retryAfterMs: 1_000 })
  t.strictSame(facts(limits.hold(new TestExchange(), [first])), { granted: true, remaining: [9], resetMs: [6_000] })
})

t.test('two claims on the same counter add up', async t => {
  const { limits } = setUp()
  t.equal(limits.hold(new TestExchange(), [requests('a', 3, 2), requests('a', 3, 2)]).granted, false)
  t.strictSame(facts(limits.hold(new TestExchange(), [requests('a', 3, 3)])), {
    granted: true,
    remaining: [0],
    resetMs: [60_000]
  })
})

t.test('one name may be claimed for several windows and kinds', async t => {
  const { limits } = setUp()
  const minute = requests('a', 2)
  const hour: Claim = { ...requests('a', 3), windowMs: 3_600_000 }
  const fixed: Claim = { ...hour, algorithm: 'fixed' }
  const held = limits.hold(new TestExchange(), [minute, hour, fixed])
  t.strictSame(facts(held), { granted: true, remaining: [1, 2, 2], resetMs: [30_000, 1_200_000, 3_600_000] })
  t.equal(limits.counters, 1)
})

t.test('asking again for the same exchange changes nothing', async t => {
  const { clock, limits } = setUp()
  const exchange = new TestExchange()
  const claims = () => [requests('a', 5), slots('b', 5)]
  const held = limits.hold(exchange, claims())
  clock.advance(1_000)
  t.equal(limits.hold(exchange, claims()), held)
  if (held.granted) held.settle([1, 1])
  t.equal(limits.hold(exchange, claims()), held)
  t.strictSame(facts(limits.hold(new TestExchange(), [slots('b', 5)])), {
    granted: true,
    remaining: [4],
    resetMs: [1_000]
  })
})

t.test('one exchange may hold for several plugins', async t => {
  const { limits } = setUp()
  const exchange = new TestExchange()
  const one = limits.hold(exchange, [slots('a', 5)])
  const other = limits.hold(exchange, [slots('b', 5)])
  t.not(one, other)
  t.equal(limits.hold(exchange, [slots('a', 5)]), one)
  limits.settleLeft(exchange)
  for (const counter of ['a', 'b']) {
    t.strictSame(facts(limits.hold(new TestExchange(), [slots(counter, 1)])), {
      granted: true,
      remaining: [0],
      resetMs: [1_000]
    })
  }
})

t.test('what was refused may be asked again', async t => {
  const { limits } = setUp()
  const exchange = new TestExchange()
  const other = new TestExchange()
  limits.hold(other, [slots('a', 1)])
  t.equal(limits.hold(exchange, [slots('a', 1)]).granted, false)
  limits.settleLeft(other)
  t.equal(limits.hold(exchange, [slots('a', 1)]).granted, true)
})

t.test('settling corrects what was held, also when it was too little', async t => {
  const { limits } = setUp()
  const tokens = (amount: number): Claim => ({ ...requests('tokens', 1_000, amount), algorithm: 'fixed' })
  const remaining = () => {
    const held = limits.hold(new TestExchange(), [tokens(0)])
    return held.granted ? held.remaining : held.retryAfterMs
  }
  const first = limits.hold(new TestExchange(), [tokens(600)])
  t.strictSame(remaining(), [400])
  if (first.granted) first.settle([100])
  t.strictSame(remaining(), [900])
  const second = limits.hold(new TestExchange(), [tokens(500)])
  if (second.granted) second.settle([2_000])
  t.equal(remaining(), 60_000)
})

t.test('only the first settlement counts, and what is no amount is what was held', async t => {
  const { limits } = setUp()
  const tokens = (amount: number): Claim => ({ ...requests('tokens', 1_000, amount), algorithm: 'fixed' })
  const exchange = new TestExchange()
  const held = limits.hold(exchange, [tokens(600)])
  if (held.granted) {
    held.settle([Number.NaN])
    held.settle([0])
  }
  limits.settleLeft(exchange)
  t.strictSame(facts(limits.hold(new TestExchange(), [tokens(0)])), {
    granted: true,
    remaining: [400],
    resetMs: [60_000]
  })
  const negative = limits.hold(new TestExchange(), [tokens(100)])
  if (negative.granted) negative.settle([-500])
  t.strictSame(facts(limits.hold(new TestExchange(), [tokens(0)])), {
    granted: true,
    remaining: [400],
    resetMs: [60_000]
  })
})

t.test('what nobody settled stays charged at what was held, and is free to use again where it was in use', async t => {
  const { limits } = setUp()
  const exchange = new TestExchange()
  limits.hold(exchange, [requests('a', 10, 4), slots('b', 1)])
  t.equal(limits.exchanges, 1)
  limits.settleLeft(exchange)
  limits.settleLeft(exchange)
  t.equal(limits.exchanges, 0)
  t.strictSame(facts(limits.hold(new TestExchange(), [requests('a', 10, 0), slots('b', 1)])), {
    granted: true,
    remaining: [6, 0],
    resetMs: [24_000, 1_000]
  })
})

t.test('an exchange that is over cannot hold: nobody would settle it', async t => {
  const { limits } = setUp()
  const exchange = new TestExchange()
  exchange.ended = true
  t.throws(() => limits.hold(exchange, [slots('a', 1)]), { code: 'TACIT_EXCHANGE_ENDED' })
  t.equal(limits.exchanges, 0)
})

t.test('a claim that makes no sense is refused before anything is charged', async t => {
  const { limits } = setUp()
  const claim = requests('a', 10)
  const wrong: Claim[] = [
    { ...claim, amount: -1 },
    { ...claim, amount: Number.NaN },
    { ...claim, limit: -1 },
    { ...claim, windowMs: 0 },
    { ...claim, windowMs: Number.POSITIVE_INFINITY }
  ]
  for (const each of wrong) {
    t.throws(() => limits.hold(new TestExchange(), [claim, each]), { code: 'TACIT_CLAIM_INVALID' })
  }
  t.strictSame(facts(limits.hold(new TestExchange(), [claim])), { granted: true, remaining: [9], resetMs: [6_000] })
})

t.test('a wall clock that jumps by an hour opens no limit and closes none', async t => {
  const { clock, limits } = setUp()
  const claims: Claim[] = (['gcra', 'sliding', 'fixed'] as const).map(algorithm => ({
    ...requests(algorithm, 10, 10),
    algorithm
  }))
  t.equal(limits.hold(new TestExchange(), claims).granted, true)
  for (const jumpMs of [3_600_000, -7_200_000]) {
    clock.jump(clock.now() + jumpMs)
    for (const claim of claims) t.equal(limits.hold(new TestExchange(), [claim]).granted, false)
  }
  clock.advance(62_000)
  t.equal(limits.hold(new TestExchange(), claims).granted, true)
})

t.test('fixed windows begin with the minutes of the clock on the wall', async t => {
  const { clock, limits } = setUp()
  clock.advance(59_000)
  const claim: Claim = { ...requests('fixed', 1), algorithm: 'fixed' }
  limits.hold(new TestExchange(), [claim])
  t.strictSame(facts(limits.hold(new TestExchange(), [claim])), { granted: false, claim: 0, retryAfterMs: 1_000 })
})

t.test('counters that nobody needs are dropped', async t => {
  const { clock, limits } = setUp()
  for (let caller = 0; caller < 20_000; caller++) {
    const exchange = new TestExchange()
    limits.hold(exchange, [requests(`address/${caller}`, 60)])
    limits.settleLeft(exchange)
    clock.advance(10)
  }
  // A request leaks away in a second, which is a hundred callers.
  t.ok(limits.counters <= 210, `${limits.counters} counters for 100 that hold something`)
})

t.test('a counter with something under way is not dropped', async t => {
  const { clock, limits } = setUp()
  const exchange = new TestExchange()
  const held = limits.hold(exchange, [requests('long', 100, 1)])
  clock.advance(86_400_000)
  for (let other = 0; other < 100; other++) limits.hold(new TestExchange(), [requests(`${other}`, 1_000)])
  if (held.granted) held.settle([101])
  t.equal(limits.hold(new TestExchange(), [requests('long', 100, 1)]).granted, false)
})

t.test('when there is no place for another counter, those that are there go on and others are refused', async t => {
  const { limits } = setUp(2)
  for (const counter of ['a', 'b']) t.equal(limits.hold(new TestExchange(), [requests(counter, 10)]).granted, true)
  t.strictSame(facts(limits.hold(new TestExchange(), [requests('a', 10), requests('c', 10)])), {
    granted: false,
    claim: 1,
    retryAfterMs: 1_000
  })
  t.strictSame(facts(limits.hold(new TestExchange(), [requests('a', 10)])), {
    granted: true,
    remaining: [8],
    resetMs: [12_000]
  })
})

t.test('whatever happens, no more is in use than the limit, and in the end nothing', async t => {
  const step = fc.record({
    kind: fc.constantFrom('hold', 'settle', 'end', 'pass', 'jump'),
    which: fc.nat(),
    counters: fc.subarray(['a', 'b', 'c'], { minLength: 1 }),
    amount: fc.nat({ max: 3 })
  })
  fc.assert(
    fc.property(fc.array(step), steps => {
      const { clock, limits } = setUp()
      const inUse = new Map([
        ['a', 0],
        ['b', 0],
        ['c', 0]
      ])
      const open: { exchange: TestExchange; held: Held; counters: readonly string[]; amount: number }[] = []
      const free = (index: number) => {
        const [freed] = open.splice(index, 1)
        for (const counter of freed?.counters ?? [])
          inUse.set(counter, (inUse.get(counter) ?? 0) - (freed?.amount ?? 0))
      }
      for (const { kind, which, counters, amount } of steps) {
        const index = which % Math.max(open.length, 1)
        const chosen = open[index]
        if (kind === 'pass') clock.advance(which % 100_000)
        else if (kind === 'jump') clock.jump(clock.now() - which)
        else if (kind === 'hold') {
          const exchange = new TestExchange()
          const claims = counters.map(counter => ({ ...slots(counter, 5), amount }))
          const fits = counters.every(counter => (inUse.get(counter) ?? 0) + amount <= 5)
          const held = limits.hold(exchange, claims)
          if (held.granted !== fits) return false
          if (!held.granted) continue
          open.push({ exchange, held, counters, amount })
          for (const counter of counters) inUse.set(counter, (inUse.get(counter) ?? 0) + amount)
        } else if (chosen !== undefined) {
          if (kind === 'settle' && chosen.held.granted) chosen.held.settle([])
          limits.settleLeft(chosen.exchange)
          free(index)
        }
      }
      for (const { exchange } of open) limits.settleLeft(exchange)
      const all = limits.hold(
        new TestExchange(),
        ['a', 'b', 'c'].map(counter => ({ ...slots(counter, 5), amount: 5 }))
      )
      return all.granted
    })
  )
  t.pass('it was so')
})
