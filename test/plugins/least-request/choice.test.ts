import { seededRandom } from 'tacit-gateway/testing'
import t from 'tap'
import { leastLoaded, loadOf } from '../../../plugins/least-request/choice.ts'

const candidates = (...pairs: readonly (readonly [weight: number, inFlight: number])[]) =>
  pairs.map(([weight, inFlight], index) => ({ index, weight, inFlight }))

t.test('load is tries under way for each unit of weight', async t => {
  t.strictSame(
    [
      [1, 3],
      [3, 3],
      [0, 3],
      [0.5, 1]
    ].map(([weight = 0, inFlight = 0]) => loadOf({ weight, inFlight })),
    [3, 1, 3, 2]
  )
})

t.test('the less loaded of two has it, whichever was drawn first', async t => {
  const both = candidates([1, 5], [1, 4])
  t.equal(leastLoaded(both, 2, () => 0)?.index, 1)
  t.equal(leastLoaded(both, 2, () => 0.99)?.index, 1)
})

t.test('of equals the one drawn first has it, so that weights decide', async t => {
  const idle = candidates([3, 0], [1, 0])
  const random = seededRandom(3)
  const drawn = Array.from({ length: 4_000 }, () => leastLoaded(idle, 2, random)?.index)
  const share = drawn.filter(index => index === 0).length / drawn.length
  t.ok(share > 0.72 && share < 0.78, `${share}`)
})

t.test('with as many draws as it takes, the least loaded of all has it', async t => {
  const many = candidates([1, 9], [1, 8], [1, 1], [1, 7], [1, 9])
  const random = seededRandom(5)
  const drawn = Array.from({ length: 200 }, () => leastLoaded(many, 100, random)?.index)
  t.strictSame(new Set(drawn), new Set([2]))
})

t.test('weight 0 gets nothing while another weight is there', async t => {
  const random = seededRandom(1)
  const some = candidates([0, 0], [1, 9])
  for (let count = 0; count < 50; count++) t.equal(leastLoaded(some, 3, random)?.index, 1)
  const none = candidates([0, 2], [0, 1])
  t.equal(leastLoaded(none, 2, random)?.index, 1, 'where nobody has any, load decides')
  t.equal(leastLoaded([], 2, random), undefined)
})
