import t from 'tap'
import type { RoutePlan } from '../../core/pipeline/plan.ts'
import { Retirement, type Retiring } from '../../core/retirement.ts'
import { planOf } from '../support/plans.ts'

/** A configuration of one route, and whether it was closed. */
function configuration(plan: RoutePlan): Retiring & { closed: number } {
  const retiring = {
    closed: 0,
    has: (other: RoutePlan) => other === plan,
    close: async () => {
      retiring.closed++
    }
  }
  return retiring
}

t.test('closes at once what no exchange runs on', async t => {
  const retirement = new Retirement()
  const [old, other] = [planOf([]), planOf([])]
  const retiring = configuration(old)
  retirement.retire(retiring, [other])
  t.strictSame([retiring.closed, retirement.size], [1, 0])
})

t.test('closes each when the last of its own exchanges has ended', async t => {
  const retirement = new Retirement()
  const [first, second] = [planOf([]), planOf([])]
  const [one, two] = [configuration(first), configuration(second)]
  retirement.retire(one, [first, first])
  retirement.retire(two, [first, second, first])
  retirement.ended(first)
  retirement.ended(planOf([]))
  t.strictSame([one.closed, two.closed, retirement.size], [0, 0, 2])
  retirement.ended(second)
  t.strictSame([one.closed, two.closed, retirement.size], [0, 1, 1])
  retirement.ended(first)
  t.strictSame([one.closed, two.closed, retirement.size], [1, 1, 0])
  retirement.ended(first)
  t.equal(one.closed, 1)
})

t.test('at the end closes what still waits, and waits for what is closing', async t => {
  const retirement = new Retirement()
  const plan = planOf([])
  const { promise, resolve } = Promise.withResolvers<void>()
  const slow: Retiring = { has: () => false, close: () => promise }
  const waiting = configuration(plan)
  retirement.retire(slow, [])
  retirement.retire(waiting, [plan])
  let isClosed = false
  const closed = retirement.close().then(() => {
    isClosed = true
  })
  t.strictSame([waiting.closed, isClosed], [1, false])
  resolve()
  await closed
  t.equal(isClosed, true)
})
