import fc from 'fast-check'
import t from 'tap'
import { SmoothRoundRobin, type Weighted } from '../../../plugins/weighted/smooth-round-robin.ts'

const weighted = (...weights: number[]): Weighted[] => weights.map((weight, index) => ({ id: `p${index}`, weight }))
const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)

/** Indexes of the peers in the order in which they are picked. */
function order(turns: SmoothRoundRobin, peers: readonly Weighted[], picks: number): number[] {
  return Array.from({ length: picks }, () => {
    const peer = turns.pick(peers)
    return peer === undefined ? -1 : peers.indexOf(peer)
  })
}

function countsOf(picked: readonly number[], size: number): number[] {
  return Array.from({ length: size }, (_, index) => picked.filter(other => other === index).length)
}

const someWeights = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 })

t.test('spreads the picks of a heavy peer between those of the light ones', async t => {
  t.strictSame(order(new SmoothRoundRobin(), weighted(5, 1, 1), 7), [0, 0, 1, 0, 2, 0, 0])
})

t.test('takes turns in the order of the list when weights are equal', async t => {
  t.strictSame(order(new SmoothRoundRobin(), weighted(3, 3, 3), 7), [0, 1, 2, 0, 1, 2, 0])
})

t.test('gives each peer exactly its share of every whole round', async t => {
  fc.assert(
    fc.property(someWeights, fc.integer({ min: 1, max: 4 }), (weights, rounds) => {
      const picked = order(new SmoothRoundRobin(), weighted(...weights), rounds * sum(weights))
      t.strictSame(
        countsOf(picked, weights.length),
        weights.map(weight => weight * rounds)
      )
    })
  )
})

t.test('is never two picks away from the exact share, wherever it is stopped', async () => {
  fc.assert(
    fc.property(someWeights, weights => {
      const total = sum(weights)
      const counts = weights.map(() => 0)
      let worst = 0
      for (const [index, picked] of order(new SmoothRoundRobin(), weighted(...weights), 2 * total).entries()) {
        counts[picked] = (counts[picked] ?? 0) + 1
        for (const [peer, weight] of weights.entries()) {
          worst = Math.max(worst, Math.abs((counts[peer] ?? 0) - ((index + 1) * weight) / total))
        }
      }
      return worst < 2
    })
  )
})

t.test('never picks one peer more than twice as often in a row as the others leave unavoidable', async () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 2, maxLength: 8 }), weights => {
      const total = sum(weights)
      let run = 0
      let last = -1
      return order(new SmoothRoundRobin(), weighted(...weights), 3 * total).every(picked => {
        run = picked === last ? run + 1 : 1
        last = picked
        const weight = weights[picked] ?? 0
        return run <= 2 * Math.ceil(weight / (total - weight))
      })
    })
  )
})

t.test('never picks weight 0 while another weight is there', async () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 8 }).filter(weights => sum(weights) > 0),
      weights => order(new SmoothRoundRobin(), weighted(...weights), 100).every(picked => (weights[picked] ?? 0) > 0)
    )
  )
})

t.test('takes equal turns when every weight is 0', async t => {
  t.strictSame(order(new SmoothRoundRobin(), weighted(0, 0, 0), 6), [0, 1, 2, 0, 1, 2])
})

t.test('picks nothing from an empty list', async t => {
  t.equal(new SmoothRoundRobin().pick([]), undefined)
})

t.test('keeps to the list however it changes, and picks weight 0 only when there is nothing else', async () => {
  const lists = fc.array(fc.subarray([0, 1, 2, 3, 4, 5], { minLength: 1 }), { minLength: 1, maxLength: 200 })
  fc.assert(
    fc.property(lists, present => {
      const all = weighted(0, 1, 2, 3, 9, 0)
      const turns = new SmoothRoundRobin()
      return present.every(indexes => {
        const peers = all.filter((_, index) => indexes.includes(index))
        const picked = turns.pick(peers)
        const isSound = picked !== undefined && peers.includes(picked)
        return isSound && (picked.weight > 0 || peers.every(({ weight }) => weight === 0))
      })
    })
  )
})

t.test('a peer that was away comes back to its share, without a burst to make up for it', async t => {
  const peers = weighted(1, 1, 2)
  const turns = new SmoothRoundRobin()
  order(turns, peers, 40)
  const without = peers.slice(0, 2)
  t.strictSame(countsOf(order(turns, without, 40), 2), [20, 20])
  const picked = order(turns, peers, 40)
  t.strictSame(countsOf(picked, 3), [10, 10, 20])
})

t.test('takes up new weights of the same peers at once', async t => {
  const turns = new SmoothRoundRobin()
  order(turns, weighted(1, 1), 10)
  t.strictSame(countsOf(order(turns, weighted(3, 1), 40), 2), [30, 10])
})

t.test('forgets peers that are gone for good', async t => {
  const turns = new SmoothRoundRobin()
  for (let generation = 0; generation < 1000; generation++) turns.pick([{ id: `g${generation}`, weight: 1 }])
  t.ok(turns.size <= 66, `remembers ${turns.size}`)
})
