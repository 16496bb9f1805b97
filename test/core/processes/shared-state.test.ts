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
    const lent = new LentState({ limits, kept: () => undefined }, store, clock)
    const parent: Calls<ParentMethods> = new Calls<ParentMethods>(
      message => queueMicrotask(() => child.received(structuredClone(message))),
      {
        hold: (order: Parameters<LentState['hold']>[0]) => lent.hold(order),
        settle: (order: Parameters<LentState['settle']>[0]) => lent.settle(order),
        settleLeft: (order: Parameters<LentState['settleLeft']>[0]) => lent.settleLeft(order),
        take: (order: Parameters<LentState['take']>[0]) => lent.take(order),
        release: (order: Parameters<LentState['release']>[0]) => lent.release(order),
        correct: (order: Parameters<LentState['correct']>[0]) => lent.correct(order),
        end: (order: Parameters<LentState['end']>[0]) => lent.end(order),
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
    return { lent, ...borrowedState(child, clock) }
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

const leased = (amount: number, part: Partial<Claim> = {}): readonly Claim[] =>
  claim(amount).map(each => ({ ...each, limit: 100, sync: 'lease', ...part }))
const settled = () => new Promise(setImmediate)

t.test('a limit with `sync: lease` is decided here, out of blocks that the parent sets aside', async t => {
  const { process, limits } = parentOf()
  const [one, two] = [process(), process()]
  t.match(await one.limits.hold(exchange('a'), leased(1)), { granted: true })
  const again = one.limits.hold(exchange('b'), leased(1))
  t.notOk(again instanceof Promise, 'nobody was asked')
  await two.limits.hold(exchange('c'), leased(1))
  t.match(limits.read(leased(0)), [{ spent: 0, held: 16, remaining: 84 }], 'two blocks of eight')
  let granted = 3
  for (let asked = 0; asked < 200; asked++) {
    const [place, id] = asked % 2 === 0 ? [one, `one-${asked}`] : [two, `two-${asked}`]
    if ((await place.limits.hold(exchange(id), leased(1))).granted) granted++
  }
  t.ok(granted <= 100 && granted > 80, `${granted} of 100: never over, and little lies unused`)
  one.close()
  two.close()
  await settled()
  t.match(limits.read(leased(0)), [{ spent: granted, held: 0 }], 'what was left is free again')
})

t.test('what came to less than was held is given back, also after its block was', async t => {
  const { process, limits } = parentOf()
  for (const algorithm of ['fixed', 'gcra', 'sliding', 'total'] as const) {
    const one = process()
    const claims = leased(2, { counter: algorithm, algorithm })
    const [early, late] = [await one.limits.hold(exchange('a'), claims), await one.limits.hold(exchange('b'), claims)]
    if (!early.granted || !late.granted) throw new Error('both fit')
    early.settle([1])
    one.close()
    await settled()
    t.match(limits.read(claims), [{ spent: 3, held: 0 }], `${algorithm}: what nobody has settled counts as it was held`)
    late.settle([0])
    one.close()
    await settled()
    t.match(limits.read(claims), [{ spent: 1, held: 0 }], algorithm)
  }
})

t.test('blocks of a process that ended are spent, and what it said before is not heard after that', async t => {
  const { process, limits } = parentOf()
  const one = process()
  await one.limits.hold(exchange('a'), leased(1, { lost: 'give_back' }))
  one.lent.loseAll()
  t.match(limits.read(leased(0)), [{ spent: 8, held: 0, remaining: 92 }])
  await t.rejects(async () => one.limits.hold(exchange('b'), claim(1)), { code: 'TACIT_PROCESS_GONE' })
  await t.rejects(async () => one.limits.hold(exchange('c'), leased(20)), { code: 'TACIT_PROCESS_GONE' })
  t.equal(limits.exchanges, 0)
  t.match(limits.read(leased(0)), [{ spent: 8, held: 0 }])
})
