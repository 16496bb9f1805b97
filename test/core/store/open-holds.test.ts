import t from 'tap'
import { systemClock } from '../../../core/clock.ts'
import { OpenHold, OpenHolds } from '../../../core/store/open-holds.ts'
import { RedisClient } from '../../../core/store/redis.ts'
import { type Deciding, Decision } from '../../../core/store/redis-decision.ts'
import { RedisScript } from '../../../core/store/redis-script.ts'
import { Turns } from '../../../core/store/turns.ts'
import { redisConfiguration, TestExchange } from './support.ts'

// Nothing is asked of it: the connection is opened with the first command.
const redis = new RedisClient(redisConfiguration({}), { clock: systemClock })
const deciding: Deciding = {
  clock: systemClock,
  turns: new Turns(redis, systemClock, new RedisScript('')),
  deadlineMs: 50,
  leaseMs: 1_000,
  granted() {},
  refused() {},
  unanswered() {}
}

function hold(id: string, settled: string[] = []): OpenHold {
  const decision = new Decision(new TestExchange(), id, [], [], deciding, undefined)
  return new OpenHold(decision, (held, actual) => settled.push(`${held.id} ${actual}`))
}

t.test('is in the list until it is taken out, once', async t => {
  const [a, b, c] = [hold('a'), hold('b'), hold('c')]
  const idsWithout = (...gone: readonly OpenHold[]) => {
    const list = new OpenHolds()
    for (const each of [a, b, c]) list.add(each)
    for (const each of gone) t.equal(list.delete(each), true)
    for (const each of gone) t.equal(list.delete(each), false)
    const ids = Array.from(list, ({ id }) => id)
    for (const each of [a, b, c]) list.delete(each)
    t.strictSame([...list], [])
    return ids.join('')
  }
  t.equal(idsWithout(), 'cba')
  t.equal(idsWithout(a), 'cb')
  t.equal(idsWithout(b), 'ca')
  t.equal(idsWithout(c), 'ba')
  t.equal(idsWithout(b, a), 'c')
  t.equal(idsWithout(c, b), 'a')
  t.equal(idsWithout(c, a, b), '')
})

t.test('one that never was in it is not taken out', async t => {
  const list = new OpenHolds()
  t.equal(list.delete(hold('a')), false)
  list.add(hold('b'))
  t.equal(list.delete(hold('a')), false)
})

t.test('tells who opened it how it is settled', async t => {
  const settled: string[] = []
  hold('a', settled).settle([1, 2])
  t.strictSame(settled, ['a 1,2'])
})
