import t from 'tap'
import { drawTier, tiersOf } from '../../../plugins/priority/tiers.ts'

const peers = (...list: readonly (readonly [priority: number, weight?: number, inFlight?: number])[]) =>
  list.map(([priority, weight = 1, inFlight = 0]) => ({ priority, weight, inFlight }))
const NO_BOUND = Number.POSITIVE_INFINITY

t.test('tiers come in order, each with the strength that it has left', async t => {
  const all = peers([5, 1], [0, 3], [0, 1], [2, 1], [2, 1])
  const tiers = tiersOf(
    [all[0], all[1], all[3]].flatMap(one => one ?? []),
    all,
    NO_BOUND
  )
  t.strictSame(
    tiers.map(({ priority, peers: its, strength }) => [priority, its.length, strength]),
    [
      [0, 1, 0.75],
      [2, 1, 0.5],
      [5, 1, 1]
    ]
  )
})

t.test('full peers count as out of use', async t => {
  const all = peers([0, 1, 3], [0, 1, 2], [1, 1, 9])
  t.strictSame(
    tiersOf(all, all, 3).map(({ priority, strength }) => [priority, strength]),
    [[0, 0.5]]
  )
  t.strictSame(tiersOf(all, all, 1), [])
})

t.test('a tier of no weight is as strong as the part of its peers that is left', async t => {
  const all = peers([0, 0], [0, 0])
  t.equal(tiersOf(all.slice(1), all, NO_BOUND)[0]?.strength, 0.5)
})

t.test('each tier carries what it can, and the rest spills over', async t => {
  const at = (strengths: readonly number[], over: number) =>
    [0, 0.2, 0.4, 0.6, 0.69, 0.71, 0.8, 0.999].map(random => drawTier(strengths, over, random)).join('')
  t.equal(at([1, 1], 1.4), '00000000')
  t.equal(at([0.5, 1], 1.4), '00000111')
  t.equal(at([0.1, 0.1], 1), '00011111', 'in proportion where all together cannot')
  t.equal(at([0.2, 0.2, 1], 1), '01222222')
  t.equal(at([0, 1], 1.4), '11111111')
  t.equal(at([0, 0], 1.4), '00000000')
  t.equal(drawTier([], 1.4, 0.5), -1)
})
