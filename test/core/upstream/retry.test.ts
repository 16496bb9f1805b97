import fc from 'fast-check'
import t from 'tap'
import { isNamed, isSafeToRepeat, leadsToNextTarget, mayReject, RetryBudget } from '../../../core/upstream/retry.ts'
import { ManualClock } from '../../support/clock.ts'

const failed = (
  outcome: 'connect_failed' | 'timed_out' | 'reset' | 'rejected' | 'cancelled' | 'committed',
  status?: number
) => ({
  outcome,
  status
})

t.test('repeats what was not sent, what was answered, and what changes nothing more', async t => {
  for (const method of ['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'TRACE', 'POST', 'PATCH', 'QUERY', 'LOCK']) {
    const isIdempotent = ['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'TRACE'].includes(method)
    t.equal(isSafeToRepeat(method, failed('connect_failed'), false), true, method)
    t.equal(isSafeToRepeat(method, failed('rejected', 503), false), true, method)
    for (const outcome of ['timed_out', 'reset'] as const) {
      t.equal(isSafeToRepeat(method, failed(outcome), false), isIdempotent, `${method} ${outcome}`)
      t.equal(isSafeToRepeat(method, failed(outcome), true), true, `${method} ${outcome}`)
    }
    t.equal(isSafeToRepeat(method, failed('cancelled'), true), false)
    t.equal(isSafeToRepeat(method, failed('committed'), true), false)
  }
})

t.test('a failure is named by its outcome, an answer by its status, an error in a stream by either', async t => {
  const on = new Set(['connect_failed', 'rejected', 503] as const)
  t.equal(isNamed(on, failed('connect_failed')), true)
  t.equal(isNamed(on, failed('reset')), false)
  t.equal(isNamed(on, failed('rejected', 503)), true)
  t.equal(isNamed(on, failed('rejected', 500)), false, 'an answer is not meant by `rejected`')
  t.equal(isNamed(on, { ...failed('rejected', 500), inStream: true }), true)
  t.equal(isNamed(on, { ...failed('rejected'), inStream: true }), true)
  t.equal(isNamed(new Set([503] as const), { ...failed('rejected'), inStream: true }), false)
  t.equal(isNamed(new Set([529] as const), { ...failed('rejected', 529), inStream: true }), true)
})

t.test('an answer can be rejected only where a status or `rejected` is named', async t => {
  t.equal(mayReject(new Set(['connect_failed', 'timed_out', 'reset'])), false)
  t.equal(mayReject(new Set(['connect_failed', 503])), true)
  t.equal(mayReject(new Set(['rejected'])), true)
})

t.test('goes on to the next target after failures, 429 and 5xx, unless the target says otherwise', async t => {
  for (const [failure, leads] of [
    [failed('connect_failed'), true],
    [failed('timed_out'), true],
    [failed('reset'), true],
    [failed('rejected', 429), true],
    [failed('rejected', 500), true],
    [failed('rejected', 529), true],
    [failed('rejected', 400), false],
    [{ ...failed('rejected'), inStream: true }, true],
    [failed('cancelled'), false]
  ] as const) {
    t.equal(leadsToNextTarget(undefined, failure), leads, JSON.stringify(failure))
  }
  t.equal(leadsToNextTarget([404], failed('rejected', 404)), true)
  t.equal(leadsToNextTarget([404], failed('rejected', 500)), false)
  t.equal(leadsToNextTarget([], failed('connect_failed')), false)
})

t.test('a budget allows its share of ten seconds, and a minimum', async t => {
  const clock = new ManualClock()
  const budget = new RetryBudget(clock, 0.2, 0)
  t.equal(budget.spend(), false, 'nothing was earned yet')
  for (let count = 0; count < 10; count++) budget.earn()
  t.strictSame([budget.spend(), budget.spend(), budget.spend()], [true, true, false])
  clock.advance(10_000)
  t.equal(budget.spend(), false, 'what was earned ten seconds ago is gone')
  const least = new RetryBudget(clock, 0, 1)
  t.strictSame(
    Array.from({ length: 11 }, () => least.spend()),
    [...new Array(10).fill(true), false]
  )
})

t.test('a budget is what a plain account of ten seconds says, however time passes', async t => {
  const step = fc.oneof(
    fc.constant('earn' as const),
    fc.constant('spend' as const),
    fc.integer({ min: 0, max: 25_000 })
  )
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 200 }),
      fc.constantFrom(0, 0.2, 1),
      fc.constantFrom(0, 1),
      (steps, share, minimum) => {
        const clock = new ManualClock()
        const budget = new RetryBudget(clock, share, minimum)
        const earned: number[] = []
        const spent: number[] = []
        const recent = (seconds: readonly number[]) => {
          const now = Math.floor(clock.monotonic() / 1_000)
          return seconds.filter(second => second > now - 10).length
        }
        for (const step of steps) {
          const second = Math.floor(clock.monotonic() / 1_000)
          if (typeof step === 'number') clock.advance(step)
          else if (step === 'earn') {
            budget.earn()
            earned.push(second)
          } else {
            const allowed = recent(spent) + 1 <= share * recent(earned) + minimum * 10
            t.equal(budget.spend(), allowed)
            if (allowed) spent.push(second)
          }
        }
      }
    ),
    { numRuns: 200 }
  )
})
