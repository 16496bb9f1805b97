import t from 'tap'
import type { Claim, CounterName } from '../../../core/plugin.ts'
import {
  checkClaims,
  checkLimit,
  checkReset,
  checkTopUp,
  MAX_CLAIMS,
  ownerOf,
  settledAmount,
  windowOf
} from '../../../core/store/claims.ts'

const claim: Claim = { counter: 'consumer/a/tokens', algorithm: 'gcra', limit: 10, windowMs: 60_000, amount: 1 }
const INVALID = { code: 'TACIT_CLAIM_INVALID' }

t.test('takes claims up to the last number that is exact', async t => {
  const most = Number.MAX_SAFE_INTEGER
  checkClaims([
    claim,
    { ...claim, limit: 0, amount: 0 },
    { ...claim, limit: most, amount: most, burst: most },
    { counter: 'a', algorithm: 'total', limit: 1, amount: 1 },
    { counter: 'a', algorithm: 'concurrency', limit: 1, amount: 1 },
    { counter: 'a', algorithm: 'calendar', startsAt: 0, endsAt: 1, limit: 1, amount: 1 }
  ])
  checkClaims(Array.from({ length: MAX_CLAIMS }, () => claim))
  t.pass('nothing was thrown')
})

t.test('refuses what cannot be counted exactly', async t => {
  const wrong: Partial<Claim>[] = [
    { amount: -1 },
    { amount: 0.5 },
    { amount: Number.NaN },
    { amount: 2 ** 53 },
    { limit: -1 },
    { limit: 1.5 },
    { limit: Number.POSITIVE_INFINITY },
    { burst: 0 },
    { burst: 1.5 },
    { windowMs: 0 },
    { windowMs: 0.5 },
    { windowMs: Number.POSITIVE_INFINITY },
    { windowMs: 4e11 },
    { algorithm: 'concurrency', final: true },
    { counter: '' },
    { counter: 'x'.repeat(513) },
    { algorithm: 'calendar' },
    { algorithm: 'calendar', startsAt: 5, endsAt: 5 },
    { algorithm: 'calendar', startsAt: 5, endsAt: 6.5 }
  ]
  for (const part of wrong) t.throws(() => checkClaims([claim, { ...claim, ...part }]), INVALID, JSON.stringify(part))
  const { windowMs: _, ...windowless } = claim
  t.throws(() => checkLimit(windowless), INVALID)
  t.throws(() => checkClaims(Array.from({ length: MAX_CLAIMS + 1 }, () => claim)), INVALID)
})

t.test('only windows and totals can be topped up, and what is in use cannot be reset', async t => {
  const named = (algorithm: CounterName['algorithm']): CounterName => ({
    counter: 'a',
    algorithm,
    windowMs: 1_000,
    startsAt: 0,
    endsAt: 1
  })
  for (const algorithm of ['fixed', 'calendar', 'total'] as const) checkTopUp(named(algorithm), -5)
  for (const algorithm of ['gcra', 'sliding', 'concurrency'] as const) {
    t.throws(() => checkTopUp(named(algorithm), 5), INVALID)
  }
  t.throws(() => checkTopUp(named('total'), 1.5), INVALID)
  for (const algorithm of ['gcra', 'sliding', 'fixed', 'calendar', 'total'] as const) checkReset(named(algorithm))
  t.throws(() => checkReset(named('concurrency')), INVALID)
})

t.test('tells windows apart by their length, or by where they begin', async t => {
  t.equal(windowOf(claim), 60_000)
  t.equal(windowOf({ counter: 'a', algorithm: 'calendar', startsAt: 7, endsAt: 9 }), 7)
  t.equal(windowOf({ ...claim, algorithm: 'total' }), 0)
  t.equal(windowOf({ ...claim, algorithm: 'concurrency' }), 0)
})

t.test('the first two parts of a name are its owner', async t => {
  t.equal(ownerOf('consumer/team-search/key/k1/cost'), 'consumer/team-search')
  t.equal(ownerOf('consumer/team-search'), 'consumer/team-search')
  t.equal(ownerOf('all'), 'all')
  t.equal(ownerOf('model/org/name'), 'model/org')
})

t.test('settles at whole units in range, and at what was held where nothing is known', async t => {
  t.strictSame(
    [undefined, Number.NaN, -5, 0, 1.2, Number.POSITIVE_INFINITY].map(actual => settledAmount(actual, 7)),
    [7, 7, 0, 0, 2, Number.MAX_SAFE_INTEGER]
  )
})
