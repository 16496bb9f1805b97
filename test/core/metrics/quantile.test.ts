import t from 'tap'
import { quantile } from '../../../core/metrics/quantile.ts'

const BOUNDS = [1, 2, 4]

t.test('lies between the bounds of its bucket', async t => {
  t.equal(quantile([10, 0, 0, 0], BOUNDS, 0.5), 0.5)
  t.equal(quantile([0, 10, 0, 0], BOUNDS, 0.5), 1.5)
  t.equal(quantile([5, 5, 0, 0], BOUNDS, 0.5), 1)
  t.equal(quantile([5, 5, 0, 0], BOUNDS, 0.75), 1.5)
  t.equal(quantile([0, 0, 4, 0], BOUNDS, 1), 4)
})

t.test('is nothing where nothing was counted, and the last bound beyond it', async t => {
  t.equal(quantile([0, 0, 0, 0], BOUNDS, 0.5), undefined)
  t.equal(quantile([0, 0, 0, 3], BOUNDS, 0.5), 4)
  t.equal(quantile([1, 0, 0, 99], BOUNDS, 0.95), 4)
})

t.test('rises with its share', async t => {
  const counts = [3, 0, 7, 1]
  const values = Array.from({ length: 101 }, (_, percent) => quantile(counts, BOUNDS, percent / 100) ?? -1)
  t.ok(values.every((value, index) => index === 0 || value >= (values[index - 1] ?? 0)))
})
