import t from 'tap'
import { costMs, isClearlyCheaper } from '../../../plugins/least-latency/choice.ts'

t.test('multiplies the latency by the root of the tries under way for each unit of weight', async t => {
  t.equal(costMs(100, { weight: 1, inFlight: 0 }), 100)
  t.equal(costMs(100, { weight: 1, inFlight: 3 }), 200)
  t.equal(costMs(100, { weight: 3, inFlight: 9 }), 200)
  t.equal(costMs(100, { weight: 0, inFlight: 3 }), 200)
})

t.test('an unmeasured peer costs nothing while idle, and more than any other once a try is under way', async t => {
  t.equal(costMs(undefined, { weight: 1, inFlight: 0 }), 0)
  t.ok(costMs(undefined, { weight: 1, inFlight: 1 }) > costMs(60_000, { weight: 1, inFlight: 8 }))
  t.ok(costMs(undefined, { weight: 1, inFlight: 2 }) > costMs(undefined, { weight: 1, inFlight: 1 }))
})

t.test('a peer is preferred only when it is more than a fifth cheaper', async t => {
  t.equal(isClearlyCheaper(79, 100), true)
  t.equal(isClearlyCheaper(81, 100), false)
  t.equal(isClearlyCheaper(100, 100), false)
  t.equal(isClearlyCheaper(0, 0), false)
})
