import t from 'tap'
import type { Claim, Exchange } from '../../../core/plugin.ts'
import { Calls } from '../../../core/processes/calls.ts'
import type { ParentMethods } from '../../../core/processes/methods.ts'
import { borrowedState, LentState } from '../../../core/processes/shared-state.ts'
import { LocalLimits } from '../../../core/store/limits.ts'
import { LocalStore } from '../../../core/store/values.ts'
import { ManualClock } from '../../support/clock.ts'
import { exchangeOf } from '../../support/exchanges.ts'
import { planOf } from '../../support/plans.ts'

/** A parent's counters, and as many processes that share them as are asked for. */
function parentOf() {
  const clock = new ManualClock()
  const limits = new LocalLimits(clock)
  const store = new LocalStore(clock)
  const process = () => {
    const lent = new LentState({ limits, kept: () => undefined }, store)
    const parent: Calls<ParentMethods> = new Calls<ParentMethods>(
      message => queueMicrotask(() => child.received(structuredClone(message))),
      {
        hold: (order: Parameters<LentState['hold']>[0]) => lent.hold(order),
        settle: (order: Parameters<LentState['settle']>[0]) => lent.settle(order),
        settleLeft: (order: Parameters<LentState['settleLeft']>[0]) => lent.settleLeft(order),
        readLimits: (order: Parameters<LentState['readLimits']>[0]) => lent.readLimits(order),
        topUp: (order: Parameters<LentState['topUp']>[0]) => lent.topUp(order),
        reset: (order: Parameters<LentState['reset']>[0]) => lent.reset(order),
        get: (order: Parameters<LentState['get']>[0]) => lent.get(order),
        set: (order: Parameters<LentState['set']>[0]) => lent.set(order),
        increment: (order: Parameters<LentState['increment']>[0]) => lent.increment(order)
      }
    )
    const child: Calls<ParentMethods> = new Calls<ParentMethods>(
      message => queueMicrotask(() => parent.received(structuredClone(message))),
      {}
    )
    return { lent, ...borrowedState(child) }
  }
  return { limits, process }
}

const claim = (amount: number): readonly Claim[] => [
  { counter: 'all', limit: 10, windowMs: 60_000, algorithm: 'fixed', amount }
]
const exchange = (id: string): Exchange => exchangeOf(planOf([]), { id })

t.test('a limit holds for all processes together, and is corrected by each', async t => {
  const { process } = parentOf()
  const [one, two] = [process(), process()]
  const first = await one.limits.hold(exchange('a'), claim(8))
  t.match(first, { granted: true, remaining: [2] })
  t.match(await two.limits.hold(exchange('b'), claim(3)), { granted: false, claim: 0 })
  if (first.granted) first.settle([1])
  t.match(await two.limits.hold(exchange('b'), claim(9)), { granted: true, remaining: [0] })
})

t.test('asking again changes nothing, and what nobody settles is settled at the end', async t => {
  const { process, limits } = parentOf()
  const one = process()
  const asked = exchange('a')
  t.match(await one.limits.hold(asked, claim(4)), { granted: true, remaining: [6] })
  t.match(await one.limits.hold(asked, claim(4)), { granted: true, remaining: [6] })
  t.equal(limits.exchanges, 1)
  one.limits.settleLeft(asked)
  one.limits.settleLeft(exchange('never asked'))
  await new Promise(setImmediate)
  t.equal(limits.exchanges, 0)
})

t.test('what a process held when it ended is spent', async t => {
  const { process, limits } = parentOf()
  const [one, two] = [process(), process()]
  await one.limits.hold(exchange('a'), claim(7))
  one.lent.loseAll()
  t.equal(limits.exchanges, 0)
  t.match(await two.limits.hold(exchange('b'), claim(4)), { granted: false })
  t.match(await two.limits.hold(exchange('b'), claim(3)), { granted: true })
})

t.test('what it held that was to be given back is free', async t => {
  const { process } = parentOf()
  const [one, two] = [process(), process()]
  await one.limits.hold(
    exchange('a'),
    claim(7).map(each => ({ ...each, lost: 'give_back' }))
  )
  one.lent.loseAll()
  t.match(await two.limits.hold(exchange('b'), claim(10)), { granted: true })
})

t.test('counters are read, topped up and reset where they are', async t => {
  const { process } = parentOf()
  const [one, two] = [process(), process()]
  const [counter] = claim(7)
  if (counter === undefined) throw new Error('there is one')
  await one.limits.hold(exchange('a'), [counter])
  await two.limits.topUp(counter, 4)
  t.match(await two.limits.read([counter]), [{ spent: 0, held: 7, credit: 4, remaining: 7 }])
  await two.limits.reset(counter)
  t.match(await one.limits.read([counter]), [{ spent: 0, held: 0, credit: 0, remaining: 10 }])
})

t.test('values are shared', async t => {
  const { process } = parentOf()
  const [one, two] = [process(), process()]
  await one.store.set('key', '5', 1_000)
  t.equal(await two.store.increment('key', 2, 1_000), 7)
  t.equal(await one.store.get('key'), '7')
  t.equal(await one.store.get('other'), undefined)
  await t.rejects(one.store.set('key', 'x', 0), { code: 'TACIT_STORE_REFUSED' })
})

t.test('a claim that is none is refused as in one process', async t => {
  const { process } = parentOf()
  await t.rejects(async () => process().limits.hold(exchange('a'), claim(-1)), { code: 'TACIT_CLAIM_INVALID' })
})
