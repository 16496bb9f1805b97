import fc from 'fast-check'
import t from 'tap'
import type { Claim, Held } from '../../../core/plugin.ts'
import { facts, reading, requests, setUp, slots, TestExchange } from './support.ts'

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
  t.strictSame(facts(limits.hold(new TestExchange(), [first, full])), {
    granted: false,
    claim: 1,
    retryAfterMs: Number.POSITIVE_INFINITY
  })
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

t.test('what was refused may be asked again', async t => {
  const { limits } = setUp()
  const exchange = new TestExchange()
  const other = new TestExchange()
  limits.hold(other, [slots('a', 1)])
  t.equal(limits.hold(exchange, [slots('a', 1)]).granted, false)
  limits.settleLeft(other)
  t.equal(limits.hold(exchange, [slots('a', 1)]).granted, true)
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

t.test('a burst is what a bucket holds, and the limit how fast it leaks', async t => {
  const { clock, limits } = setUp()
  const claim = { ...requests('a', 60), burst: 3 }
  const granted = () => limits.hold(new TestExchange(), [claim]).granted
  t.strictSame([granted(), granted(), granted(), granted()], [true, true, true, false])
  clock.advance(1_000)
  t.strictSame([granted(), granted()], [true, false])
  t.equal(limits.hold(new TestExchange(), [{ ...claim, amount: 4 }]).granted, false)
})

t.test('windows of a calendar are counters of their own, which a clock that is set back finds again', async t => {
  const { clock, limits } = setUp()
  const day = (startsAt: number): Claim => ({
    counter: 'group/a/cost',
    algorithm: 'calendar',
    startsAt,
    endsAt: startsAt + 86_400_000,
    limit: 10,
    amount: 10
  })
  const today = Date.UTC(2026, 0, 1)
  const tomorrow = Date.UTC(2026, 0, 2)
  t.strictSame(facts(limits.hold(new TestExchange(), [day(today)])), {
    granted: true,
    remaining: [0],
    resetMs: [43_200_000]
  })
  clock.jump(tomorrow)
  t.equal(limits.hold(new TestExchange(), [day(tomorrow)]).granted, true)
  clock.jump(tomorrow - 1_000)
  t.strictSame(facts(limits.hold(new TestExchange(), [day(today)])), { granted: false, claim: 0, retryAfterMs: 1_000 })
})

t.test('windows of a calendar that are over are dropped', async t => {
  const { clock, limits } = setUp()
  const firstAt = Date.UTC(2026, 0, 1)
  const read = (startsAt: number) =>
    reading(limits, { counter: 'a', algorithm: 'calendar', startsAt, endsAt: startsAt + 86_400_000, limit: 9 })
  for (let day = 0; day < 5; day++) {
    const startsAt = firstAt + day * 86_400_000
    const exchange = new TestExchange()
    const claim = { counter: 'a', algorithm: 'calendar', startsAt, endsAt: startsAt + 86_400_000, limit: 9 } as const
    limits.hold(exchange, [{ ...claim, amount: 3 }])
    limits.settleLeft(exchange)
    clock.advance(86_400_000)
  }
  t.strictSame(read(firstAt + 4 * 86_400_000), [3, 0, 6])
  t.strictSame(read(firstAt), [0, 0, 9])
})

t.test('a total never comes back, and says so', async t => {
  const { clock, limits } = setUp()
  const claim: Claim = { counter: 'a', algorithm: 'total', limit: 2, amount: 2 }
  const exchange = new TestExchange()
  limits.hold(exchange, [claim])
  limits.settleLeft(exchange)
  clock.advance(1e12)
  t.match(limits.hold(new TestExchange(), [claim]), {
    granted: false,
    claim: 0,
    retryAfterMs: Number.POSITIVE_INFINITY,
    cause: 'limit'
  })
})

t.test('money counts exactly to the last nano-unit', async t => {
  const { limits } = setUp()
  const limit = Number.MAX_SAFE_INTEGER
  const claim: Claim = { counter: 'a', algorithm: 'total', limit, amount: limit - 1 }
  t.equal(limits.hold(new TestExchange(), [claim]).granted, true)
  t.equal(limits.hold(new TestExchange(), [{ ...claim, amount: 2 }]).granted, false)
  t.equal(limits.hold(new TestExchange(), [{ ...claim, amount: 1 }]).granted, true)
})

t.test('a limit on trial for which there is no place refuses nothing', async t => {
  const { limits } = setUp(1)
  limits.hold(new TestExchange(), [requests('a', 10)])
  t.match(limits.hold(new TestExchange(), [{ ...requests('b', 10), shadow: true }]), { granted: true, shadowed: [0] })
  t.match(limits.hold(new TestExchange(), [requests('b', 10)]), { granted: false, cause: 'full' })
})

t.test('a top-up counts until the window ends', async t => {
  const { clock, limits } = setUp()
  const claim: Claim = { ...requests('a', 10, 10), algorithm: 'fixed' }
  limits.topUp(claim, 5)
  t.equal(limits.hold(new TestExchange(), [{ ...claim, amount: 16 }]).granted, false)
  t.equal(limits.hold(new TestExchange(), [{ ...claim, amount: 15 }]).granted, true)
  t.strictSame(limits.read([claim]), [{ spent: 0, held: 15, credit: 5, remaining: 0, resetMs: 60_000 }])
  clock.advance(60_000)
  t.strictSame(limits.read([claim]), [{ spent: 0, held: 0, credit: 0, remaining: 10, resetMs: 0 }], 'in the next')
  t.throws(() => limits.topUp(requests('b', 10), 5), { code: 'TACIT_CLAIM_INVALID' })
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
