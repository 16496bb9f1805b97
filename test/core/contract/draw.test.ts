import fc from 'fast-check'
import t from 'tap'
import { drawByWeight, type Weighted } from '../../../core/contract/draw.ts'

const weighted = (...weights: number[]): Weighted[] => weights.map(weight => ({ weight }))
const someWeights = fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 8 })
const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })

t.test('draws each candidate for exactly its part of the chances', async t => {
  const candidates = weighted(1, 2, 1)
  const drawn = [0, 0.24, 0.25, 0.5, 0.74, 0.75, 0.999].map(random => drawByWeight(candidates, () => random))
  t.strictSame(
    drawn.map(candidate => (candidate === undefined ? -1 : candidates.indexOf(candidate))),
    [0, 0, 1, 1, 1, 2, 2]
  )
})

t.test('draws two that are never the same', async () => {
  fc.assert(
    fc.property(someWeights, chance, chance, (weights, one, two) => {
      const candidates = weighted(...weights)
      const first = drawByWeight(candidates, () => one)
      const second = drawByWeight(candidates, () => two, first)
      return first !== undefined && first !== second
    })
  )
})

t.test('draws a second wherever a second may be drawn', async () => {
  fc.assert(
    fc.property(someWeights, chance, chance, (weights, one, two) => {
      const candidates = weighted(...weights)
      const positive = weights.filter(weight => weight > 0).length
      const eligible = positive === 0 ? weights.length : positive
      const first = drawByWeight(candidates, () => one)
      return (drawByWeight(candidates, () => two, first) !== undefined) === eligible > 1
    })
  )
})

t.test('draws weight 0 only when there is nothing else', async () => {
  fc.assert(
    fc.property(someWeights, chance, chance, (weights, one, two) => {
      const candidates = weighted(...weights)
      const first = drawByWeight(candidates, () => one)
      const second = drawByWeight(candidates, () => two, first)
      const allZero = weights.every(weight => weight === 0)
      return allZero || (first?.weight !== 0 && second?.weight !== 0)
    })
  )
})

t.test('draws equally when every weight is 0', async t => {
  const candidates = weighted(0, 0)
  t.equal(
    drawByWeight(candidates, () => 0.49),
    candidates[0]
  )
  t.equal(
    drawByWeight(candidates, () => 0.51),
    candidates[1]
  )
})

t.test('draws nothing from nothing', async t => {
  t.equal(
    drawByWeight([], () => 0.5),
    undefined
  )
})
