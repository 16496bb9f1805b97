import t from 'tap'
import type { Claim } from '../../../core/plugin.ts'
import { Charge, type Keeping, Slot } from '../../../core/store/slots.ts'
import { Sum } from '../../../core/store/sum.ts'

const claim: Claim = { counter: 'consumer/a/cost', algorithm: 'total', limit: 100, amount: 40 }
const nowhere: Keeping = { journal: undefined, nowMs: () => 0, offsetMs: () => 0 }
const slotOf = () => new Slot(claim, new Sum(), undefined, nowhere)

t.test('a slot is its name, its algorithm and its window', async t => {
  const month = new Slot({ counter: 'a', algorithm: 'calendar', startsAt: 5, endsAt: 9 }, new Sum(), undefined, nowhere)
  t.equal(month.is({ counter: 'a', algorithm: 'calendar', startsAt: 5, endsAt: 10 }), true)
  t.equal(month.is({ counter: 'a', algorithm: 'calendar', startsAt: 6, endsAt: 9 }), false)
  t.equal(month.is(claim), false)
})

t.test('knows what is held, until it is settled or undone', async t => {
  const slot = slotOf()
  const first = new Charge(slot, claim, true, undefined, 0)
  const second = new Charge(slot, claim, true, undefined, 0)
  t.strictSame([slot.open, slot.held, slot.counter.used(first, 0), slot.isIdle(0)], [2, 80, 80, false])
  second.undo()
  first.settle(15, 0)
  t.strictSame([slot.open, slot.held, slot.counter.used(first, 0)], [0, 0, 15])
})

t.test('a claim that is not counted leaves no trace, whatever it comes to', async t => {
  const slot = slotOf()
  const charge = new Charge(slot, claim, false, undefined, 0)
  charge.settle(70, 0)
  t.strictSame([slot.held, slot.isIdle(0)], [0, true])
})

t.test('after a reset, only what comes on top of the hold is new', async t => {
  for (const [actual, used] of [
    [10, 0],
    [40, 0],
    [55, 15]
  ] as const) {
    const slot = slotOf()
    const charge = new Charge(slot, claim, true, undefined, 0)
    slot.counter = new Sum()
    charge.settle(actual, 0)
    t.strictSame([slot.counter.used(charge, 0), slot.held], [used, 0])
  }
})
