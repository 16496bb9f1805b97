import fc from 'fast-check'
import t from 'tap'
import type { NextTargetOn, Outcome } from '../../../core/plugin.ts'
import { isNamed, isSafeToRepeat, leadsToNextTarget, mayReject, RetryBudget } from '../../../core/upstream/retry.ts'
import { ManualClock } from '../../support/clock.ts'

const OUTCOMES: readonly Outcome[] = ['committed', 'rejected', 'connect_failed', 'timed_out', 'reset', 'cancelled']
const METHODS = ['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE', 'POST', 'PATCH', 'QUERY', 'PROPFIND', 'get', '']

function safe(outcome: Outcome, nonIdempotent: boolean): string {
  return METHODS.filter(method => isSafeToRepeat(method, { outcome, status: undefined }, nonIdempotent)).join(' ')
}

t.test('what may have been received is repeated only where that changes nothing', async t => {
  const every = METHODS.join(' ')
  const idempotent = 'GET HEAD OPTIONS TRACE PUT DELETE'
  const table = OUTCOMES.map(outcome => [outcome, safe(outcome, false), safe(outcome, true)])
  t.strictSame(table, [
    ['committed', '', ''],
    ['rejected', every, every],
    ['connect_failed', every, every],
    ['timed_out', idempotent, every],
    ['reset', idempotent, every],
    ['cancelled', '', '']
  ])
})

t.test('a failure is named by its outcome, or an answer by its status', async t => {
  const named = (on: readonly NextTargetOn[], outcome: Outcome, status?: number, inStream = false) =>
    isNamed(new Set(on), { outcome, status, inStream })
  t.ok(named(['connect_failed'], 'connect_failed'))
  t.ok(named(['timed_out', 'reset'], 'reset'))
  t.notOk(named(['timed_out'], 'reset'))
  t.ok(named([502, 503], 'rejected', 503))
  t.notOk(named([502], 'rejected', 503))
  t.notOk(named(['rejected'], 'rejected', 503), 'an answer is named by its status only')
  t.ok(named(['rejected'], 'rejected', 529, true), 'an error in a stream by either')
  t.ok(named(['rejected'], 'rejected', undefined, true))
  t.ok(named([529], 'rejected', 529, true))
  t.notOk(named([503], 'rejected', undefined, true))
  for (const outcome of ['committed', 'cancelled'] as const) {
    t.notOk(named(['connect_failed', 'timed_out', 'reset', 'rejected', 200], outcome, 200), outcome)
  }
})

t.test('only what an answer may be named by makes it worth holding back', async t => {
  const may = (...on: NextTargetOn[]) => mayReject(new Set(on))
  t.strictSame(
    [may(), may('connect_failed', 'timed_out', 'reset'), may('rejected'), may('reset', 503)],
    [...[false, false, true, true]]
  )
})

t.test('the next target follows connection failures, 429 and 5xx, unless the target says otherwise', async t => {
  const leads = (outcome: Outcome, status?: number, on?: readonly NextTargetOn[], inStream = false) =>
    leadsToNextTarget(on, { outcome, status, inStream })
  for (const outcome of ['connect_failed', 'timed_out', 'reset'] as const) t.ok(leads(outcome), outcome)
  for (const status of [429, 500, 503, 529]) {
    t.ok(leads('rejected', status), String(status))
    t.ok(leads('rejected', status, undefined, true), `${status} in a stream`)
  }
  for (const status of [400, 401, 404, 408]) {
    t.notOk(leads('rejected', status), String(status))
    t.notOk(leads('rejected', status, undefined, true), `${status} in a stream`)
  }
  t.ok(leads('rejected', undefined, undefined, true), 'an error in a stream that names no status')
  t.strictSame([leads('committed', 200), leads('cancelled')], [false, false])
  t.strictSame(
    [leads('rejected', 503, [404]), leads('rejected', 404, [404]), leads('reset', undefined, [])],
    [false, true, false]
  )
})

/** The budget by the book: every request and retry with the second it came in. */
class PlainBudget {
  readonly requests: number[] = []
  readonly retries: number[] = []

  earn(second: number): void {
    this.requests.push(second)
  }

  spend(second: number, share: number, minPerSecond: number): boolean {
    const recent = (seconds: readonly number[]) => seconds.filter(entry => entry > second - 10).length
    if (recent(this.retries) + 1 > share * recent(this.requests) + minPerSecond * 10) return false
    this.retries.push(second)
    return true
  }
}

t.test('the budget agrees with one that remembers everything', async () => {
  const step = fc.oneof(
    fc.constant('earn' as const),
    fc.constant('spend' as const),
    fc.integer({ min: 1, max: 3_000 }),
    fc.constantFrom(9_000, 10_000, 11_000, 3_600_000)
  )
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 120 }),
      fc.constantFrom(0, 0.2, 0.5, 1),
      fc.constantFrom(0, 1),
      fc.nat({ max: 20_000 }),
      (steps, share, minPerSecond, startMs) => {
        const clock = new ManualClock()
        clock.advance(startMs)
        const budget = new RetryBudget(clock, share, minPerSecond)
        const plain = new PlainBudget()
        return steps.every(step => {
          const second = Math.floor(clock.monotonic() / 1_000)
          if (step === 'earn') {
            budget.earn()
            plain.earn(second)
          } else if (step === 'spend') return budget.spend() === plain.spend(second, share, minPerSecond)
          else clock.advance(step)
          return true
        })
      }
    ),
    { numRuns: 500 }
  )
})

t.test('an upstream that always fails gets a fifth more than was asked of it', async t => {
  const clock = new ManualClock()
  const budget = new RetryBudget(clock, 0.2, 0)
  let retries = 0
  for (let request = 0; request < 10_000; request++) {
    budget.earn()
    if (budget.spend()) retries++
    clock.advance(10)
  }
  t.ok(retries >= 1_990 && retries <= 2_000, `${retries} retries of 10,000 requests`)
})

t.test('a minimum is there without any requests, and comes back with time', async t => {
  const clock = new ManualClock()
  const budget = new RetryBudget(clock, 0, 2)
  const burst = () => Array.from({ length: 30 }, () => budget.spend()).filter(Boolean).length
  t.equal(burst(), 20)
  clock.advance(9_999)
  t.equal(burst(), 0)
  clock.advance(1)
  t.equal(burst(), 20)
})

t.test('the wall clock may jump without a retry more or less', async t => {
  const clock = new ManualClock()
  const budget = new RetryBudget(clock, 0, 1)
  for (let count = 0; count < 10; count++) t.equal(budget.spend(), true)
  for (const toAt of [0, Date.UTC(2100, 0, 1)]) {
    clock.jump(toAt)
    t.equal(budget.spend(), false)
  }
})

t.test('an idle millennium costs no more than an idle second', async t => {
  const clock = new ManualClock()
  const budget = new RetryBudget(clock, 0, 1)
  clock.advance(1_000 * 365 * 86_400_000)
  const startedMs = performance.now()
  t.equal(budget.spend(), true)
  t.ok(performance.now() - startedMs < 1_000)
})
