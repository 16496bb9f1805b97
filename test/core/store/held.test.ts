import t from 'tap'
import type { Claim, Held } from '../../../core/plugin.ts'
import { facts, reading, requests, setUp, slots, TestExchange } from './support.ts'

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

t.test('a limit on trial counts, tells and never refuses', async t => {
  const { limits } = setUp()
  const shadow: Claim = { ...requests('a', 10, 8), algorithm: 'fixed', shadow: true }
  const enforced = requests('b', 3)
  const shadowed = (held: Held) => (held.granted ? held.shadowed : undefined)
  t.strictSame(shadowed(limits.hold(new TestExchange(), [enforced, shadow])), [])
  t.strictSame(shadowed(limits.hold(new TestExchange(), [enforced, shadow])), [1])
  t.strictSame(reading(limits, shadow), [0, 16, 0])
  t.equal(limits.hold(new TestExchange(), [shadow, { ...enforced, amount: 2 }]).granted, false)
  t.strictSame(reading(limits, shadow), [0, 16, 0], 'a refusal by another claim leaves it alone')
})

t.test('a bucket on trial counts only what fits', async t => {
  const { clock, limits } = setUp()
  const shadow: Claim = { ...requests('a', 60), burst: 1, shadow: true }
  const shadowed = () => {
    const exchange = new TestExchange()
    const held = limits.hold(exchange, [shadow])
    if (held.granted) held.settle([5])
    return held.granted && held.shadowed.length
  }
  t.strictSame([shadowed(), shadowed(), shadowed()], [0, 1, 1])
  clock.advance(5_000)
  t.equal(shadowed(), 0, 'what it would have refused did not count')
})

t.test('what is final is spent at once', async t => {
  const { limits } = setUp()
  const claim: Claim = { counter: 'a', algorithm: 'total', limit: 10, amount: 4, final: true }
  const held = limits.hold(new TestExchange(), [claim])
  t.strictSame(reading(limits, claim), [4, 0, 6])
  if (held.granted) held.settle([0])
  t.strictSame(reading(limits, claim), [4, 0, 6])
})

t.test('tells what is spent and what is held', async t => {
  const { limits } = setUp()
  const claim: Claim = { counter: 'a', algorithm: 'total', limit: 10, amount: 4 }
  t.strictSame(reading(limits, claim), [0, 0, 10])
  const held = limits.hold(new TestExchange(), [claim])
  t.strictSame(reading(limits, claim), [0, 4, 6])
  if (held.granted) held.settle([3])
  t.strictSame(reading(limits, claim), [3, 0, 7])
  t.equal(limits.counters, 1, 'reading makes no counter')
  t.throws(() => limits.read([{ ...claim, limit: -1 }]), { code: 'TACIT_CLAIM_INVALID' })
})

t.test('a reset forgets what was used, and what is under way counts only beyond its hold', async t => {
  const { limits } = setUp()
  const claim: Claim = { counter: 'a', algorithm: 'total', limit: 10, amount: 4 }
  const held = limits.hold(new TestExchange(), [claim])
  limits.topUp(claim, 3)
  limits.reset(claim)
  limits.reset({ ...claim, counter: 'never counted' })
  t.strictSame(reading(limits, claim), [0, 0, 10])
  if (held.granted) held.settle([6])
  t.strictSame(reading(limits, claim), [2, 0, 8])
  t.throws(() => limits.reset(slots('b', 1)), { code: 'TACIT_CLAIM_INVALID' })
})

t.test(
  'what an exchange held that ended with its process is charged, or given back where its claim says so',
  async t => {
    const { limits } = setUp()
    const total = (counter: string): Claim => ({ counter, algorithm: 'total', limit: 10, amount: 4 })
    const back: Claim = { ...total('b'), lost: 'give_back' }
    const final: Claim = { ...total('c'), lost: 'give_back', final: true }
    const exchange = new TestExchange()
    limits.hold(exchange, [total('a'), back, final, slots('d', 1)])
    limits.lose(exchange)
    t.strictSame(
      [total('a'), back, final, slots('d', 1)].map(limit => reading(limits, limit)),
      [
        [4, 0, 6],
        [0, 0, 10],
        [4, 0, 6],
        [0, 0, 1]
      ]
    )
    t.equal(limits.exchanges, 0)
  }
)
